"""What a source or form brought and cost, in one reading. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal

from models.kpi.contribution.read.share import Share


@dataclass(frozen=True)
class OtherMoney:
    """Money in a currency without a rate, which is not added to that of the reports."""

    revenue: Decimal
    spend: Decimal | None


@dataclass(frozen=True, kw_only=True)
class SourceMetrics:
    """Some months of one source or form, or of all. None: nothing to divide by, or nobody said what it cost."""

    leads: int = 0
    qualified: int = 0
    opportunities: int = 0
    connected: int = 0
    customers: int = 0
    orders: int = 0
    revenue: Decimal = Decimal(0)
    """Of orders that stand, in the currency of the reports, as is the spend."""
    spend: Decimal | None = None
    other_money: Mapping[str, OtherMoney] = field(default_factory=dict)
    """By currency."""

    @property
    def qualified_share(self) -> Share:
        """Of the leads. In the reading by period those who became qualified came at another time, as below."""
        return Share(self.qualified, self.leads)

    @property
    def connected_share(self) -> Share:
        """Of the leads."""
        return Share(self.connected, self.leads)

    @property
    def customer_share(self) -> Share:
        """Of the leads: whether a source is good."""
        return Share(self.customers, self.leads)

    @property
    def cost_per_lead(self) -> Decimal | None:
        """Spend by leads."""
        return self._per(self.leads)

    @property
    def cost_per_qualified(self) -> Decimal | None:
        """Spend by sales qualified leads."""
        return self._per(self.qualified)

    @property
    def cost_per_order(self) -> Decimal | None:
        """Spend by orders that stand."""
        return self._per(self.orders)

    @property
    def return_on_spend(self) -> Decimal | None:
        """What a unit of money brought: 3 is three times what it cost."""
        return self.revenue / self.spend if self.spend else None

    def _per(self, count: int) -> Decimal | None:
        return self.spend / count if self.spend is not None and count else None


COUNTS = tuple(one.name for one in fields(SourceMetrics) if one.name not in ("spend", "other_money"))
