"""Where viewers are: the providers of each country. Parameters only."""

from __future__ import annotations

HOME_PROVIDERS: dict[str, tuple[str, ...]] = {
    "US": ("Comcast Xfinity", "Charter Spectrum", "AT&T Internet", "Verizon Fios", "Cox"),
    "DE": ("Deutsche Telekom", "Vodafone Kabel", "1&1", "O2 DSL"),
    "GB": ("BT", "Sky Broadband", "Virgin Media", "TalkTalk"),
    "FR": ("Orange", "Free", "SFR", "Bouygues Telecom"),
    "ES": ("Movistar", "Orange España", "Vodafone España"),
    "IT": ("TIM", "Fastweb", "Vodafone Italia", "WindTre"),
    "NL": ("KPN", "Ziggo", "Odido"),
    "PL": ("Orange Polska", "UPC Polska", "Netia"),
    "SE": ("Telia", "Bredband2", "Tele2"),
    "CA": ("Rogers", "Bell Canada", "Telus"),
    "BR": ("Claro NET", "Vivo Fibra", "Oi Fibra"),
    "MX": ("Telmex", "Izzi", "Totalplay"),
    "JP": ("NTT Flets", "au Hikari", "SoftBank Hikari"),
    "IN": ("JioFiber", "Airtel Xstream", "ACT Fibernet"),
    "AU": ("Telstra", "Optus", "TPG"),
}
MOBILE_CARRIERS: dict[str, tuple[str, ...]] = {
    "US": ("Verizon Wireless", "T-Mobile US", "AT&T Mobility"),
    "DE": ("Telekom Mobil", "Vodafone Mobil", "O2 Mobil"),
    "GB": ("EE", "O2 UK", "Vodafone UK", "Three UK"),
    "FR": ("Orange Mobile", "SFR Mobile", "Free Mobile"),
    "ES": ("Movistar Móvil", "Vodafone Móvil"),
    "IT": ("TIM Mobile", "Iliad Italia"),
    "NL": ("KPN Mobiel", "Odido Mobiel"),
    "PL": ("Play", "Plus", "Orange Mobile Polska"),
    "SE": ("Telia Mobil", "Tre Sverige"),
    "CA": ("Rogers Wireless", "Bell Mobility"),
    "BR": ("Vivo", "Claro", "TIM Brasil"),
    "MX": ("Telcel", "AT&T México"),
    "JP": ("NTT Docomo", "au", "SoftBank"),
    "IN": ("Jio", "Airtel", "Vi"),
    "AU": ("Telstra Mobile", "Optus Mobile"),
}
COUNTRIES = tuple(HOME_PROVIDERS)
# Where most of a market's viewers live; for customers whose own zone is unknown.
TIME_ZONES = {
    "US": "America/New_York", "DE": "Europe/Berlin", "GB": "Europe/London",
    "FR": "Europe/Paris", "ES": "Europe/Madrid", "IT": "Europe/Rome",
    "NL": "Europe/Amsterdam", "PL": "Europe/Warsaw", "SE": "Europe/Stockholm",
    "CA": "America/Toronto", "BR": "America/Sao_Paulo", "MX": "America/Mexico_City",
    "JP": "Asia/Tokyo", "IN": "Asia/Kolkata", "AU": "Australia/Sydney",
}  # fmt: skip
OTHER_TIME_ZONE = "Etc/UTC"
assert tuple(TIME_ZONES) == COUNTRIES
# Of every other country.
OTHER_HOME_PROVIDERS = ("Regional Fibre", "National Telecom", "City Cable")
OTHER_MOBILE_CARRIERS = ("National Mobile", "Regional Mobile")


def home_providers() -> tuple[tuple[str, ...], ...]:
    """Home providers by market: COUNTRIES in order, then all others."""
    return (*HOME_PROVIDERS.values(), OTHER_HOME_PROVIDERS)


def mobile_carriers() -> tuple[tuple[str, ...], ...]:
    """Mobile carriers by market: COUNTRIES in order, then all others."""
    return (*(MOBILE_CARRIERS[country] for country in COUNTRIES), OTHER_MOBILE_CARRIERS)
