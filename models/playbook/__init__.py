"""What differs from one business to the next and is not code, written in deployments/playbook.yaml."""

from models.playbook.application import NoPlaybook, apply, current_playbook
from models.playbook.document import Company, Playbook, StageRule
from models.playbook.reading.file import BadPlaybook, load, outdated_keys

__all__ = [
    "BadPlaybook",
    "Company",
    "NoPlaybook",
    "Playbook",
    "StageRule",
    "apply",
    "current_playbook",
    "load",
    "outdated_keys",
]
