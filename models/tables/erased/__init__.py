"""What reports count of people who are erased: their mails, steps and draws, without anything that they or we wrote.

A trigger on contact writes these rows before the ordinary ones go, so it holds however somebody is erased. The number
of the contact stands for nobody any more. One that is merged has nothing left by then, and leaves its
number alone, until the next report.
"""

from models.tables.erased.contact import DeletedContact
from models.tables.erased.draw import ErasedDraw
from models.tables.erased.message import ErasedMessage
from models.tables.erased.run import ErasedRun, ErasedStep

__all__ = ["DeletedContact", "ErasedDraw", "ErasedMessage", "ErasedRun", "ErasedStep"]
