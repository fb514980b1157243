"""The time zones that a customer may have: those of today with a population, and fixed offsets.

From the time zone database, 2026f: every zone of its zone.tab but those of Antarctica, Gaza and
Hebron, whose clocks change by the moon; and the other names that it has for them. Offsets and rules
are those of today, whatever they were before. The rules: `telemetry_generator.zones`.
"""

from __future__ import annotations

# Standard offset in minutes, and whose rule of daylight saving holds ("" for none). A zone's place
# decides who watches: append only.
_FIRST: dict[str, tuple[int, str]] = {
    "Etc/UTC": (0, ""), "America/New_York": (-300, "US"), "America/Chicago": (-360, "US"),
    "America/Denver": (-420, "US"), "America/Phoenix": (-420, ""),
    "America/Los_Angeles": (-480, "US"), "America/Anchorage": (-540, "US"),
    "Pacific/Honolulu": (-600, ""), "America/Toronto": (-300, "US"),
    "America/Vancouver": (-420, ""), "America/Mexico_City": (-360, ""),
    "America/Sao_Paulo": (-180, ""), "America/Bahia": (-180, ""), "America/Manaus": (-240, ""),
    "Atlantic/Canary": (0, "EU"), "Europe/London": (0, "EU"), "Europe/Lisbon": (0, "EU"),
    "Europe/Dublin": (0, "EU"), "Europe/Berlin": (60, "EU"), "Europe/Paris": (60, "EU"),
    "Europe/Madrid": (60, "EU"), "Europe/Rome": (60, "EU"), "Europe/Amsterdam": (60, "EU"),
    "Europe/Brussels": (60, "EU"), "Europe/Vienna": (60, "EU"), "Europe/Zurich": (60, "EU"),
    "Europe/Warsaw": (60, "EU"), "Europe/Stockholm": (60, "EU"), "Europe/Helsinki": (120, "EU"),
    "Asia/Kolkata": (330, ""), "Asia/Singapore": (480, ""), "Asia/Tokyo": (540, ""),
    "Asia/Seoul": (540, ""), "Australia/Perth": (480, ""), "Australia/Brisbane": (600, ""),
    "Australia/Sydney": (600, "AU"), "Australia/Melbourne": (600, "AU"),
}  # fmt: skip
_OTHERS: tuple[tuple[int, str, str], ...] = (
    (-720, "",
     "Etc/GMT+12"),
    (-660, "",
     "Pacific/Midway Pacific/Niue Pacific/Pago_Pago Etc/GMT+11"),
    (-600, "",
     "Pacific/Rarotonga Pacific/Tahiti Etc/GMT+10"),
    (-600, "US",
     "America/Adak"),
    (-570, "",
     "Pacific/Marquesas"),
    (-540, "",
     "Pacific/Gambier Etc/GMT+9"),
    (-540, "US",
     "America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat"),
    (-480, "",
     "Pacific/Pitcairn Etc/GMT+8"),
    (-480, "US",
     "America/Tijuana"),
    (-420, "",
     "America/Creston America/Dawson America/Dawson_Creek America/Fort_Nelson America/Hermosillo "
     "America/Mazatlan America/Whitehorse Etc/GMT+7"),
    (-420, "US",
     "America/Boise America/Cambridge_Bay America/Ciudad_Juarez"),
    (-360, "",
     "America/Bahia_Banderas America/Belize America/Chihuahua America/Costa_Rica "
     "America/Edmonton America/El_Salvador America/Guatemala America/Inuvik America/Managua "
     "America/Merida America/Monterrey America/Regina America/Swift_Current America/Tegucigalpa "
     "Pacific/Galapagos Etc/GMT+6"),
    (-360, "Chile",
     "Pacific/Easter"),
    (-360, "US",
     "America/Indiana/Knox America/Indiana/Tell_City America/Matamoros America/Menominee "
     "America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem "
     "America/Ojinaga America/Rankin_Inlet America/Resolute"),
    (-300, "",
     "America/Atikokan America/Bogota America/Cancun America/Cayman America/Eirunepe "
     "America/Guayaquil America/Jamaica America/Lima America/Panama America/Rio_Branco "
     "America/Winnipeg Etc/GMT+5"),
    (-300, "Cuba",
     "America/Havana"),
    (-300, "US",
     "America/Detroit America/Grand_Turk America/Indiana/Indianapolis America/Indiana/Marengo "
     "America/Indiana/Petersburg America/Indiana/Vevay America/Indiana/Vincennes "
     "America/Indiana/Winamac America/Iqaluit America/Kentucky/Louisville "
     "America/Kentucky/Monticello America/Nassau America/Port-au-Prince"),
    (-240, "",
     "America/Anguilla America/Antigua America/Aruba America/Barbados America/Blanc-Sablon "
     "America/Boa_Vista America/Campo_Grande America/Caracas America/Cuiaba America/Curacao "
     "America/Dominica America/Grenada America/Guadeloupe America/Guyana America/Kralendijk "
     "America/La_Paz America/Lower_Princes America/Marigot America/Martinique America/Montserrat "
     "America/Port_of_Spain America/Porto_Velho America/Puerto_Rico America/Santo_Domingo "
     "America/St_Barthelemy America/St_Kitts America/St_Lucia America/St_Thomas "
     "America/St_Vincent America/Tortola Etc/GMT+4"),
    (-240, "Chile",
     "America/Santiago"),
    (-240, "US",
     "America/Glace_Bay America/Goose_Bay America/Halifax America/Moncton America/Thule "
     "Atlantic/Bermuda"),
    (-210, "US",
     "America/St_Johns"),
    (-180, "",
     "America/Araguaina America/Argentina/Buenos_Aires America/Argentina/Catamarca "
     "America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/La_Rioja "
     "America/Argentina/Mendoza America/Argentina/Rio_Gallegos America/Argentina/Salta "
     "America/Argentina/San_Juan America/Argentina/San_Luis America/Argentina/Tucuman "
     "America/Argentina/Ushuaia America/Asuncion America/Belem America/Cayenne America/Coyhaique "
     "America/Fortaleza America/Maceio America/Montevideo America/Paramaribo "
     "America/Punta_Arenas America/Recife America/Santarem Atlantic/Stanley Etc/GMT+3"),
    (-180, "US",
     "America/Miquelon"),
    (-120, "",
     "America/Noronha Atlantic/South_Georgia Etc/GMT+2"),
    (-120, "EU",
     "America/Nuuk America/Scoresbysund"),
    (-60, "",
     "Atlantic/Cape_Verde Etc/GMT+1"),
    (-60, "EU",
     "Atlantic/Azores"),
    (0, "",
     "Africa/Abidjan Africa/Accra Africa/Bamako Africa/Banjul Africa/Bissau Africa/Casablanca "
     "Africa/Conakry Africa/Dakar Africa/El_Aaiun Africa/Freetown Africa/Lome Africa/Monrovia "
     "Africa/Nouakchott Africa/Ouagadougou Africa/Sao_Tome America/Danmarkshavn "
     "Atlantic/Reykjavik Atlantic/St_Helena"),
    (0, "EU",
     "Atlantic/Faroe Atlantic/Madeira Europe/Guernsey Europe/Isle_of_Man Europe/Jersey"),
    (60, "",
     "Africa/Algiers Africa/Bangui Africa/Brazzaville Africa/Douala Africa/Kinshasa Africa/Lagos "
     "Africa/Libreville Africa/Luanda Africa/Malabo Africa/Ndjamena Africa/Niamey "
     "Africa/Porto-Novo Africa/Tunis Etc/GMT-1"),
    (60, "EU",
     "Africa/Ceuta Arctic/Longyearbyen Europe/Andorra Europe/Belgrade Europe/Bratislava "
     "Europe/Budapest Europe/Busingen Europe/Copenhagen Europe/Gibraltar Europe/Ljubljana "
     "Europe/Luxembourg Europe/Malta Europe/Monaco Europe/Oslo Europe/Podgorica Europe/Prague "
     "Europe/San_Marino Europe/Sarajevo Europe/Skopje Europe/Tirane Europe/Vaduz Europe/Vatican "
     "Europe/Zagreb"),
    (120, "",
     "Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Harare Africa/Johannesburg "
     "Africa/Juba Africa/Khartoum Africa/Kigali Africa/Lubumbashi Africa/Lusaka Africa/Maputo "
     "Africa/Maseru Africa/Mbabane Africa/Tripoli Africa/Windhoek Europe/Kaliningrad Etc/GMT-2"),
    (120, "EU",
     "Asia/Famagusta Asia/Nicosia Europe/Athens Europe/Bucharest Europe/Chisinau Europe/Kyiv "
     "Europe/Mariehamn Europe/Riga Europe/Sofia Europe/Tallinn Europe/Vilnius"),
    (120, "Egypt",
     "Africa/Cairo"),
    (120, "Israel",
     "Asia/Jerusalem"),
    (120, "Lebanon",
     "Asia/Beirut"),
    (180, "",
     "Africa/Addis_Ababa Africa/Asmara Africa/Dar_es_Salaam Africa/Djibouti Africa/Kampala "
     "Africa/Mogadishu Africa/Nairobi Asia/Aden Asia/Amman Asia/Baghdad Asia/Bahrain "
     "Asia/Damascus Asia/Kuwait Asia/Qatar Asia/Riyadh Europe/Istanbul Europe/Kirov Europe/Minsk "
     "Europe/Moscow Europe/Simferopol Europe/Volgograd Indian/Antananarivo Indian/Comoro "
     "Indian/Mayotte Etc/GMT-3"),
    (210, "",
     "Asia/Tehran"),
    (240, "",
     "Asia/Baku Asia/Dubai Asia/Muscat Asia/Tbilisi Asia/Yerevan Europe/Astrakhan Europe/Samara "
     "Europe/Saratov Europe/Ulyanovsk Indian/Mahe Indian/Mauritius Indian/Reunion Etc/GMT-4"),
    (270, "",
     "Asia/Kabul"),
    (300, "",
     "Asia/Almaty Asia/Aqtau Asia/Aqtobe Asia/Ashgabat Asia/Atyrau Asia/Dushanbe Asia/Karachi "
     "Asia/Oral Asia/Qostanay Asia/Qyzylorda Asia/Samarkand Asia/Tashkent Asia/Yekaterinburg "
     "Indian/Kerguelen Indian/Maldives Etc/GMT-5"),
    (330, "",
     "Asia/Colombo"),
    (345, "",
     "Asia/Kathmandu"),
    (360, "",
     "Asia/Bishkek Asia/Dhaka Asia/Omsk Asia/Thimphu Asia/Urumqi Indian/Chagos Etc/GMT-6"),
    (390, "",
     "Asia/Yangon Indian/Cocos"),
    (420, "",
     "Asia/Bangkok Asia/Barnaul Asia/Ho_Chi_Minh Asia/Hovd Asia/Jakarta Asia/Krasnoyarsk "
     "Asia/Novokuznetsk Asia/Novosibirsk Asia/Phnom_Penh Asia/Pontianak Asia/Tomsk "
     "Asia/Vientiane Indian/Christmas Etc/GMT-7"),
    (480, "",
     "Asia/Brunei Asia/Hong_Kong Asia/Irkutsk Asia/Kuala_Lumpur Asia/Kuching Asia/Macau "
     "Asia/Makassar Asia/Manila Asia/Shanghai Asia/Taipei Asia/Ulaanbaatar Etc/GMT-8"),
    (525, "",
     "Australia/Eucla"),
    (540, "",
     "Asia/Chita Asia/Dili Asia/Jayapura Asia/Khandyga Asia/Pyongyang Asia/Yakutsk Pacific/Palau "
     "Etc/GMT-9"),
    (570, "",
     "Australia/Darwin"),
    (570, "AU",
     "Australia/Adelaide Australia/Broken_Hill"),
    (600, "",
     "Asia/Ust-Nera Asia/Vladivostok Australia/Lindeman Pacific/Chuuk Pacific/Guam "
     "Pacific/Port_Moresby Pacific/Saipan Etc/GMT-10"),
    (600, "AU",
     "Australia/Hobart"),
    (630, "Lord Howe",
     "Australia/Lord_Howe"),
    (660, "",
     "Asia/Magadan Asia/Sakhalin Asia/Srednekolymsk Pacific/Bougainville Pacific/Efate "
     "Pacific/Guadalcanal Pacific/Kosrae Pacific/Noumea Pacific/Pohnpei Etc/GMT-11"),
    (660, "AU",
     "Pacific/Norfolk"),
    (720, "",
     "Asia/Anadyr Asia/Kamchatka Pacific/Fiji Pacific/Funafuti Pacific/Kwajalein Pacific/Majuro "
     "Pacific/Nauru Pacific/Tarawa Pacific/Wake Pacific/Wallis Etc/GMT-12"),
    (720, "NZ",
     "Pacific/Auckland"),
    (765, "NZ",
     "Pacific/Chatham"),
    (780, "",
     "Pacific/Apia Pacific/Fakaofo Pacific/Kanton Pacific/Tongatapu Etc/GMT-13"),
    (840, "",
     "Pacific/Kiritimati Etc/GMT-14"),
)  # fmt: skip
ZONES = {
    **_FIRST,
    **{name: (offset, rule) for offset, rule, names in _OTHERS for name in names.split()},
}
# Another name → the zone's own.
ALIASES = {
    "Africa/Asmera": "Africa/Nairobi", "Africa/Timbuktu": "Africa/Abidjan",
    "America/Argentina/ComodRivadavia": "America/Argentina/Catamarca",
    "America/Atka": "America/Adak", "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca", "America/Coral_Harbour": "America/Panama",
    "America/Cordoba": "America/Argentina/Cordoba", "America/Ensenada": "America/Tijuana",
    "America/Fort_Wayne": "America/Indiana/Indianapolis", "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Jujuy": "America/Argentina/Jujuy", "America/Knox_IN": "America/Indiana/Knox",
    "America/Louisville": "America/Kentucky/Louisville",
    "America/Mendoza": "America/Argentina/Mendoza", "America/Montreal": "America/Toronto",
    "America/Nipigon": "America/Toronto", "America/Pangnirtung": "America/Iqaluit",
    "America/Porto_Acre": "America/Rio_Branco", "America/Rainy_River": "America/Winnipeg",
    "America/Rosario": "America/Argentina/Cordoba", "America/Santa_Isabel": "America/Tijuana",
    "America/Shiprock": "America/Denver", "America/Thunder_Bay": "America/Toronto",
    "America/Virgin": "America/Puerto_Rico", "America/Yellowknife": "America/Edmonton",
    "Antarctica/DumontDUrville": "Pacific/Port_Moresby", "Antarctica/McMurdo": "Pacific/Auckland",
    "Antarctica/South_Pole": "Pacific/Auckland", "Antarctica/Syowa": "Asia/Riyadh",
    "Asia/Ashkhabad": "Asia/Ashgabat", "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Choibalsan": "Asia/Ulaanbaatar", "Asia/Chongqing": "Asia/Shanghai",
    "Asia/Chungking": "Asia/Shanghai", "Asia/Dacca": "Asia/Dhaka", "Asia/Harbin": "Asia/Shanghai",
    "Asia/Istanbul": "Europe/Istanbul", "Asia/Kashgar": "Asia/Urumqi",
    "Asia/Katmandu": "Asia/Kathmandu", "Asia/Macao": "Asia/Macau", "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh", "Asia/Tel_Aviv": "Asia/Jerusalem",
    "Asia/Thimbu": "Asia/Thimphu", "Asia/Ujung_Pandang": "Asia/Makassar",
    "Asia/Ulan_Bator": "Asia/Ulaanbaatar", "Atlantic/Faeroe": "Atlantic/Faroe",
    "Atlantic/Jan_Mayen": "Europe/Berlin", "Australia/ACT": "Australia/Sydney",
    "Australia/Canberra": "Australia/Sydney", "Australia/Currie": "Australia/Hobart",
    "Australia/LHI": "Australia/Lord_Howe", "Australia/NSW": "Australia/Sydney",
    "Australia/North": "Australia/Darwin", "Australia/Queensland": "Australia/Brisbane",
    "Australia/South": "Australia/Adelaide", "Australia/Tasmania": "Australia/Hobart",
    "Australia/Victoria": "Australia/Melbourne", "Australia/West": "Australia/Perth",
    "Australia/Yancowinna": "Australia/Broken_Hill", "Brazil/Acre": "America/Rio_Branco",
    "Brazil/DeNoronha": "America/Noronha", "Brazil/East": "America/Sao_Paulo",
    "Brazil/West": "America/Manaus", "CET": "Europe/Brussels", "CST6CDT": "America/Chicago",
    "Canada/Atlantic": "America/Halifax", "Canada/Central": "America/Winnipeg",
    "Canada/Eastern": "America/Toronto", "Canada/Mountain": "America/Edmonton",
    "Canada/Newfoundland": "America/St_Johns", "Canada/Pacific": "America/Vancouver",
    "Canada/Saskatchewan": "America/Regina", "Canada/Yukon": "America/Whitehorse",
    "Chile/Continental": "America/Santiago", "Chile/EasterIsland": "Pacific/Easter",
    "Cuba": "America/Havana", "EET": "Europe/Athens", "EST": "America/Panama",
    "EST5EDT": "America/New_York", "Egypt": "Africa/Cairo", "Eire": "Europe/Dublin",
    "Etc/GMT": "Etc/UTC", "Etc/GMT+0": "Etc/UTC", "Etc/GMT-0": "Etc/UTC", "Etc/GMT0": "Etc/UTC",
    "Etc/Greenwich": "Etc/UTC", "Etc/UCT": "Etc/UTC", "Etc/Universal": "Etc/UTC",
    "Etc/Zulu": "Etc/UTC", "Europe/Belfast": "Europe/London", "Europe/Kiev": "Europe/Kyiv",
    "Europe/Nicosia": "Asia/Nicosia", "Europe/Tiraspol": "Europe/Chisinau",
    "Europe/Uzhgorod": "Europe/Kyiv", "Europe/Zaporozhye": "Europe/Kyiv", "GB": "Europe/London",
    "GB-Eire": "Europe/London", "GMT": "Etc/UTC", "GMT+0": "Etc/UTC", "GMT-0": "Etc/UTC",
    "GMT0": "Etc/UTC", "Greenwich": "Etc/UTC", "HST": "Pacific/Honolulu",
    "Hongkong": "Asia/Hong_Kong", "Iceland": "Africa/Abidjan", "Iran": "Asia/Tehran",
    "Israel": "Asia/Jerusalem", "Jamaica": "America/Jamaica", "Japan": "Asia/Tokyo",
    "Kwajalein": "Pacific/Kwajalein", "Libya": "Africa/Tripoli", "MET": "Europe/Brussels",
    "MST": "America/Phoenix", "MST7MDT": "America/Denver", "Mexico/BajaNorte": "America/Tijuana",
    "Mexico/BajaSur": "America/Mazatlan", "Mexico/General": "America/Mexico_City",
    "NZ": "Pacific/Auckland", "NZ-CHAT": "Pacific/Chatham", "Navajo": "America/Denver",
    "PRC": "Asia/Shanghai", "PST8PDT": "America/Los_Angeles", "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Johnston": "Pacific/Honolulu", "Pacific/Ponape": "Pacific/Guadalcanal",
    "Pacific/Samoa": "Pacific/Pago_Pago", "Pacific/Truk": "Pacific/Port_Moresby",
    "Pacific/Yap": "Pacific/Port_Moresby", "Poland": "Europe/Warsaw", "Portugal": "Europe/Lisbon",
    "ROC": "Asia/Taipei", "ROK": "Asia/Seoul", "Singapore": "Asia/Singapore",
    "Turkey": "Europe/Istanbul", "UCT": "Etc/UTC", "US/Alaska": "America/Anchorage",
    "US/Aleutian": "America/Adak", "US/Arizona": "America/Phoenix", "US/Central": "America/Chicago",
    "US/East-Indiana": "America/Indiana/Indianapolis", "US/Eastern": "America/New_York",
    "US/Hawaii": "Pacific/Honolulu", "US/Indiana-Starke": "America/Indiana/Knox",
    "US/Michigan": "America/Detroit", "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles", "US/Samoa": "Pacific/Pago_Pago", "UTC": "Etc/UTC",
    "Universal": "Etc/UTC", "W-SU": "Europe/Moscow", "WET": "Europe/Lisbon", "Zulu": "Etc/UTC",
}  # fmt: skip


def is_known(name: str) -> bool:
    """Whether ZONES has the time zone that is called so."""
    return ALIASES.get(name, name) in ZONES
