"""Where postal codes are, so that the nearest salesperson can be found."""

from sqlmodel import Field, SQLModel


class PostalArea(SQLModel, table=True):
    """The middle of a postal area, in degrees."""

    __tablename__ = "postal_area"

    country: str = Field(primary_key=True)
    """Two letters, such as US."""
    code: str = Field(primary_key=True)
    """In capitals, without blanks."""
    latitude: float
    longitude: float
