# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh())
data = s.pcapng()
files.save('capture.pcapng.zst', files.zstd_skippable(b'made by hand')
           + files.zstd_raw(data[:1234]) + files.zstd_raw(data[1234:]))
