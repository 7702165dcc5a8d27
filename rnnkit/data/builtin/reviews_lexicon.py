"""The words of the generated reviews: what is reviewed, what can be said of each part of it, and how words inflect."""

import re
from typing import NamedTuple


class Aspect(NamedTuple):
    """One part of a thing that is reviewed, with the adjectives that fit it."""

    noun: str
    plural: bool
    positive: tuple[str, ...]
    negative: tuple[str, ...]


class Domain(NamedTuple):
    """A kind of thing that people review. An opener says when or how it was met and carries no opinion."""

    name: str
    openers: tuple[str, ...]
    aspects: tuple[Aspect, ...]


def _domain(name: str, openers: str, singular: str, plural: str = "") -> Domain:
    """Reads openers `a / b` and lines `noun: good words | bad words`."""
    aspects = []
    for lines, is_plural in ((singular, False), (plural, True)):
        for line in lines.strip().splitlines():
            noun, words = line.split(":")
            positive, negative = (tuple(part.split()) for part in words.split("|"))
            aspects.append(Aspect(noun.strip(), is_plural, positive, negative))
    return Domain(name, tuple(opener.strip() for opener in openers.split("/")), tuple(aspects))


DOMAINS = (
    _domain(
        "film",
        "we saw it at a late showing / my brother picked it for our film night / I watched it on a long train ride / "
        "it opened in our town last week / we caught it at a small festival",
        """
        film: entertaining clever moving original memorable | boring dull tedious forgettable pretentious
        plot: gripping clever original believable surprising | dull predictable muddled implausible thin
        acting: convincing subtle natural moving | wooden stiff exaggerated lifeless
        dialogue: witty sharp believable funny | clumsy stilted banal tedious
        soundtrack: haunting inventive beautiful fitting | intrusive repetitive bland irritating
        ending: satisfying moving surprising clever | rushed baffling hollow predictable
        """,
        """
        characters: likeable complex believable memorable | shallow flat annoying forgettable
        special effects: dazzling convincing inventive stunning | cheap clumsy dated distracting
        """,
    ),
    _domain(
        "restaurant",
        "we stopped here on the way home / we came here for a birthday dinner / a colleague booked a table for six / "
        "I had lunch here on Tuesday / we ate on the terrace in June",
        """
        restaurant: welcoming charming cosy pleasant | unpleasant cramped gloomy noisy
        food: delicious fresh tasty flavourful | bland stale tasteless greasy
        service: friendly attentive prompt courteous | slow rude careless sloppy
        soup: delicious warming fragrant tasty | watery lukewarm bland salty
        bread: fresh crisp fragrant tasty | stale soggy dry hard
        wine list: varied inspired affordable interesting | overpriced limited uninspired dull
        """,
        """
        waiters: friendly attentive helpful cheerful | rude inattentive impatient grumpy
        desserts: delicious inventive generous light | stodgy sickly boring heavy
        """,
    ),
    _domain(
        "phone",
        "I have used it every day since April / it replaced my old one after five years / I bought it for my mother / "
        "it came with my new contract / I carried it on a long hike",
        """
        phone: reliable sturdy elegant handy | unreliable flimsy clumsy awkward
        screen: bright sharp vivid responsive | dim blurry dull unresponsive
        battery: dependable durable impressive reliable | weak unreliable feeble disappointing
        camera: sharp versatile impressive fast | blurry sluggish mediocre slow
        keyboard: comfortable accurate responsive handy | awkward cramped inaccurate frustrating
        price: fair reasonable attractive sensible | excessive unreasonable outrageous unfair
        """,
        """
        speakers: clear powerful crisp balanced | tinny muffled harsh feeble
        menus: intuitive tidy logical simple | confusing cluttered illogical messy
        """,
    ),
    _domain(
        "hotel",
        "we stayed here for a week in March / we booked two nights for a wedding / I was in town on business / "
        "our flight was cancelled and we slept here / we arrived late on a Friday",
        """
        hotel: charming welcoming peaceful elegant | shabby gloomy run-down noisy
        room: spacious clean quiet comfortable | cramped dirty noisy stuffy
        breakfast: varied fresh generous delicious | meagre stale monotonous greasy
        bed: comfortable soft roomy cosy | lumpy hard narrow creaky
        bathroom: spotless modern clean spacious | grubby mouldy dated dirty
        location: convenient quiet perfect handy | inconvenient noisy remote awkward
        """,
        """
        receptionists: polite helpful cheerful efficient | rude unhelpful surly inefficient
        views: stunning beautiful breathtaking lovely | depressing ugly dreary disappointing
        """,
    ),
    _domain(
        "book",
        "I read it in two evenings / our reading group chose it for May / I found it in the library / "
        "a neighbour lent it to me / I took it along on holiday",
        """
        book: absorbing thoughtful entertaining original | boring tedious shallow forgettable
        story: gripping moving original believable | dull predictable confusing implausible
        prose: elegant vivid lyrical crisp | clumsy dry pompous leaden
        opening chapter: gripping promising intriguing lively | slow confusing dull clumsy
        translation: fluent faithful elegant careful | awkward careless stiff inaccurate
        hero: likeable complex believable charming | annoying shallow wooden unlikeable
        """,
        """
        jokes: funny clever fresh witty | stale crude lame tiresome
        illustrations: beautiful delicate charming vivid | ugly crude drab careless
        """,
    ),
    _domain(
        "concert",
        "we had seats near the back / it was our first visit to the new hall / I went with my daughter / "
        "the programme was changed at short notice / they played two sets before the break",
        """
        concert: thrilling moving memorable uplifting | dull tedious forgettable depressing
        singer: expressive charming confident graceful | dull nervous careless strained
        sound: clear warm balanced rich | muddy harsh shrill muffled
        orchestra: precise lively confident spirited | lifeless sloppy uneven sluggish
        choice of songs: varied inspired surprising bold | predictable uninspired dull lazy
        atmosphere: electric relaxed joyful warm | tense cold gloomy lifeless
        """,
        """
        seats: comfortable roomy soft excellent | cramped hard narrow uncomfortable
        solos: inventive dazzling graceful thrilling | clumsy tedious dull sloppy
        """,
    ),
    _domain(
        "museum",
        "we spent a wet afternoon here / we took the children along / I visited with my students / "
        "it had just been renovated / we came for the new exhibition",
        """
        museum: fascinating charming inspiring welcoming | boring gloomy dusty dull
        exhibition: fascinating thoughtful varied surprising | boring chaotic thin monotonous
        audio guide: informative lively helpful clear | tedious useless confusing patronising
        building: beautiful elegant bright striking | ugly gloomy draughty drab
        cafe: cosy pleasant affordable relaxing | overpriced crowded dirty noisy
        collection: rich varied impressive unique | meagre dull uninspired disappointing
        """,
        """
        guides: knowledgeable lively patient friendly | bored unfriendly impatient ignorant
        labels: informative clear helpful readable | confusing useless illegible misleading
        """,
    ),
    _domain(
        "course",
        "I took it in the evenings / my employer paid for it / it lasted six weeks / "
        "I signed up with a friend / we were twelve in the group",
        """
        course: inspiring useful rewarding practical | boring useless disorganised tedious
        teacher: patient inspiring clear encouraging | impatient uninspired vague arrogant
        textbook: clear helpful readable thorough | confusing dated dry useless
        pace: comfortable sensible lively pleasant | frantic sluggish tiring uneven
        feedback: helpful detailed encouraging prompt | vague unhelpful harsh careless
        classroom: bright comfortable modern quiet | stuffy cramped noisy gloomy
        """,
        """
        exercises: useful varied challenging clever | pointless repetitive boring trivial
        lectures: lively clear absorbing informative | tedious confusing monotonous dull
        """,
    ),
    _domain(
        "airline",
        "we flew to Lisbon in October / I took the early flight on Monday / we changed planes in Vienna / "
        "I fly with them twice a month / we travelled with two small children",
        """
        flight: smooth punctual pleasant comfortable | bumpy late unpleasant stressful
        crew: friendly attentive helpful calm | rude unhelpful careless grumpy
        meal: tasty fresh generous warm | tasteless stale meagre cold
        cabin: clean quiet bright spacious | dirty noisy stuffy cramped
        check-in: quick simple efficient smooth | slow chaotic confusing inefficient
        website: simple clear reliable handy | confusing slow unreliable clumsy
        """,
        """
        seats: comfortable roomy soft clean | cramped hard narrow uncomfortable
        announcements: clear helpful timely funny | garbled useless confusing endless
        """,
    ),
    _domain(
        "coat",
        "I ordered it online in autumn / I wore it through a whole winter / it was a present from my aunt / "
        "I tried it on in two sizes / I bought it for walks with the dog",
        """
        coat: warm elegant comfortable practical | shapeless scratchy ugly flimsy
        fabric: soft sturdy warm durable | scratchy flimsy thin rough
        lining: soft silky warm sturdy | thin clammy flimsy rough
        colour: lovely vivid elegant flattering | drab dull ugly garish
        fit: flattering comfortable perfect generous | tight awkward unflattering uncomfortable
        zip: sturdy smooth reliable solid | stiff flimsy unreliable awkward
        """,
        """
        pockets: deep practical roomy handy | shallow useless impractical tiny
        buttons: sturdy pretty elegant solid | loose ugly flimsy cheap
        """,
    ),
)

ANY_POSITIVE = ("good", "nice", "fine", "lovely", "impressive")
ANY_NEGATIVE = ("bad", "poor", "mediocre", "disappointing", "unimpressive")

# Words that are a superlative already: nothing is "very superb" or "somewhat dreadful".
EXTREME_POSITIVE = ("excellent", "superb", "wonderful", "brilliant", "great", "fantastic", "marvellous")
EXTREME_NEGATIVE = ("terrible", "dreadful", "awful", "horrible", "atrocious", "abysmal", "appalling")
NOT_GRADABLE = {
    *EXTREME_POSITIVE, *EXTREME_NEGATIVE, "perfect", "unique", "spotless", "stunning", "breathtaking", "dazzling",
    "useless", "endless", "illegible", "outrageous", "electric",
}  # fmt: skip

# What a thing does to me, and what I feel for it.
STIRS_POSITIVE = ("impress", "delight", "please", "charm", "satisfy")
STIRS_NEGATIVE = ("disappoint", "annoy", "irritate", "frustrate", "bother")
FEELS_POSITIVE = ("love", "enjoy", "like", "adore", "admire")
FEELS_NEGATIVE = ("hate", "dislike", "detest", "loathe", "resent")

VERY = ("very", "extremely", "really", "truly", "remarkably", "incredibly")
SOMEWHAT = ("somewhat", "fairly", "mildly", "moderately")

_COMPARATIVES = {
    "good": "better",
    "bad": "worse",
    "dry": "drier",
    "thin": "thinner",
    "dim": "dimmer",
    "late": "later",
    "lovely": "lovelier",
    "lively": "livelier",
}
_ER = {
    "dull", "sharp", "nice", "fine", "poor", "fresh", "slow", "rude", "hard", "bright", "weak", "fair", "clear",
    "harsh", "clean", "quiet", "soft", "warm", "cold", "rich", "deep", "light", "smooth", "quick", "tight", "loose",
    "rough", "cheap", "calm", "crisp",
}  # fmt: skip


def comparative(adjective: str) -> str:
    """better, duller, more predictable."""
    if adjective in _ER:
        return adjective + ("r" if adjective.endswith("e") else "er")
    if adjective.endswith("y") and len(re.findall("[aeiou]+", adjective)) == 1:  # noisy, ugly; but watery, timely
        return adjective[:-1] + "ier"
    return _COMPARATIVES.get(adjective, f"more {adjective}")


def past(verb: str) -> str:
    """impressed, loved, satisfied, annoyed."""
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


def present(verb: str, plural: bool) -> str:
    """impresses, loves, satisfies; the plural is the verb itself."""
    if plural:
        return verb
    if verb.endswith(("s", "sh", "ch")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"
