"""Certificates: who holds one, whether it may sign, and the time stamps around a signature.

`check_certificate` judges one against the trusted `Authorities`. The package signs nothing.
"""

from __future__ import annotations

from lamsach.esign.certificates.authorities import Authorities, Evidence, read_certificates
from lamsach.esign.certificates.checking import CertificateCheck, Use, check_certificate
from lamsach.esign.certificates.holders import Holder
from lamsach.esign.certificates.timestamps import TimeStampCheck, TimeStamps, check_time_stamp

__all__ = [
    "Authorities",
    "CertificateCheck",
    "Evidence",
    "Holder",
    "TimeStampCheck",
    "TimeStamps",
    "Use",
    "check_certificate",
    "check_time_stamp",
    "read_certificates",
]
