"""Business rules: what a country asks of a certificate that is genuine (CertLogic 1.3.3).

Genuine and accepted are two questions; this package answers the second one only.
"""

from lamsach.hcert.rules.certlogic import CertLogicError, evaluate
from lamsach.hcert.rules.evaluation import RuleResult, evaluate_rules
from lamsach.hcert.rules.model import Rule, RuleBook, RuleError
from lamsach.hcert.rules.validation import Issue, validate

__all__ = [
    "CertLogicError",
    "Issue",
    "Rule",
    "RuleBook",
    "RuleError",
    "RuleResult",
    "evaluate",
    "evaluate_rules",
    "validate",
]
