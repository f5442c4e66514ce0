"""A name for each device in a room that tells nobody whose it is: a colour and an animal, in both languages."""

# colours whose Spanish word is the same for both genders
COLOURS = (
    ("green", "verde"),
    ("blue", "azul"),
    ("orange", "naranja"),
    ("violet", "violeta"),
    ("grey", "gris"),
    ("pink", "rosa"),
    ("turquoise", "turquesa"),
    ("brown", "marrón"),
    ("lilac", "lila"),
    ("scarlet", "escarlata"),
)
ANIMALS = (
    ("heron", "garza"),
    ("otter", "nutria"),
    ("fox", "zorro"),
    ("owl", "búho"),
    ("whale", "ballena"),
    ("lynx", "lince"),
    ("crane", "grulla"),
    ("beaver", "castor"),
    ("turtle", "tortuga"),
    ("hare", "liebre"),
    ("falcon", "halcón"),
    ("seal", "foca"),
    ("badger", "tejón"),
    ("swan", "cisne"),
    ("newt", "tritón"),
    ("squid", "calamar"),
    ("toad", "sapo"),
    ("llama", "llama"),
    ("gecko", "geco"),
    ("panda", "panda"),
    ("moth", "polilla"),
)


def translated(known: str, language: str) -> str:
    """A name in English, and whatever follows it, in that language; unchanged where it is none of ours."""
    for number in range(len(COLOURS) * len(ANIMALS)):
        one = name(number)
        if known.startswith(one["en"]):
            return one[language] + known[len(one["en"]) :]
    return known


def name(number: int) -> dict[str, str]:
    """The name of the device that came as number 0, 1, ...: another one for each of the first 210."""
    (colour, its), (animal, one) = COLOURS[number % len(COLOURS)], ANIMALS[number % len(ANIMALS)]
    again = number // (len(COLOURS) * len(ANIMALS))
    more = f" {again + 1}" if again else ""
    return {"en": f"{colour} {animal}{more}", "es": f"{one} {its}{more}"}
