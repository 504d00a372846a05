"""Words and phrases on films, shared by the short sentences and the long reviews.

Qualities are keyed by strength: -2 and 2 are strong, -1 and 1 are mild.
"""

from writer.grammar import listed

ASPECTS = {
    False: listed(
        "acting|lead performance|supporting cast|casting|voice work|script|plot|story|dialogue|"
        "premise|mystery|twist|opening|ending|finale|first half|second half|middle act|last hour|"
        "soundtrack|music|photography|camera work|lighting|editing|pacing|direction|set design|"
        "humour|romance|love story|central friendship|family drama|courtroom scene|sword fight|"
        "car chase|narration|atmosphere|satire|suspense|animation|wedding scene|final battle"
    ),
    True: listed(
        "performances|leads|actors|child actors|villains|minor characters|jokes|songs|dance scenes|"
        "visuals|action scenes|fight scenes|special effects|costumes|locations|crowd scenes|"
        "quiet moments|flashbacks|dream scenes|one-liners|chase scenes|monologues|subplots|"
        "domestic scenes|love scenes|battle scenes|closing minutes|early chapters"
    ),
}

QUALITIES = {
    2: listed(
        "superb|brilliant|magnificent|dazzling|wonderful|stunning|extraordinary|masterful|"
        "unforgettable|exquisite|flawless|glorious|breathtaking|remarkable|outstanding|astonishing"
    ),
    1: listed(
        "good|decent|likeable|pleasant|solid|charming|clever|warm|lively|engaging|enjoyable|"
        "amusing|funny|fresh|touching|tender|gripping|witty|inventive|sincere|convincing|graceful"
    ),
    -1: listed(
        "dull|flat|thin|uneven|slow|clumsy|bland|predictable|tired|weak|forgettable|stale|shallow|"
        "muddled|forced|stiff|lazy|confusing|tedious|silly|heavy-handed|unconvincing"
    ),
    -2: listed(
        "dreadful|awful|terrible|unbearable|atrocious|disastrous|painful|hopeless|dismal|horrible|"
        "wretched|unwatchable|abysmal|insufferable|appalling|laughable"
    ),
}

DEEDS = {
    2: (
        "takes/take your breath away",
        "steals/steal the show",
        "stays/stay with you for days",
        "lifts/lift the whole film",
        "deserves/deserve every prize going",
        "leaves/leave you speechless with joy",
        "could not be better",
        "makes/make up for everything",
        "surpasses/surpass all expectations",
    ),
    1: (
        "works/work well enough",
        "holds/hold the attention",
        "pays/pay off nicely",
        "earns/earn a smile",
        "hits/hit the right note",
        "does/do the job",
        "grows/grow on you",
        "keeps/keep things moving",
        "feels/feel honest",
        "rings/ring true",
        "never outstays/outstay its/their welcome",
        "does/do not disappoint",
    ),
    -1: (
        "falls/fall flat",
        "runs/run out of steam",
        "goes/go nowhere",
        "misses/miss the mark",
        "outstays/outstay its/their welcome",
        "leaves/leave you cold",
        "feels/feel borrowed",
        "drags/drag on and on",
        "never catches/catch fire",
        "does/do not ring true",
        "does/do not quite work",
        "disappoints/disappoint",
    ),
    -2: (
        "ruins/ruin everything",
        "insults/insult the audience",
        "falls/fall apart completely",
        "tests/test the patience of a saint",
        "sinks/sink the whole film",
        "could not be worse",
        "makes/make you want to leave the room",
        "deserves/deserve no mercy at all",
    ),
}

INTENSIFIERS = ("truly", "genuinely", "thoroughly", "remarkably", "extremely", "incredibly")
NEGATIVE_INTENSIFIERS = ("truly", "painfully", "thoroughly", "hopelessly", "extremely", "terribly")
HEDGES = ("almost", "close to", "at times", "nearly", "on the verge of being")
NEGATIONS = ("is/are not", "is/are never", "is/are hardly", "is/are anything but", "isn't/aren't")

GENRES = listed(
    "thriller|comedy|drama|romance|western|documentary|musical|horror film|war film|crime story|"
    "family film|road movie|biography|cartoon|adventure|fairy tale|ghost story|spy film|"
    "heist movie|costume drama|disaster movie|courtroom drama|sports film|spaghetti western|"
    "love story|satire|farce|fantasy"
)


HEROES = {
    False: listed(
        "a retired pilot|a young teacher|a lonely postman|a stubborn farmer|a small-time thief|"
        "a famous pianist|a runaway heir|a country doctor|an ageing boxer|a shy librarian|"
        "a corrupt judge|a homesick sailor|a single parent|a clumsy detective|a war reporter|"
        "an orphan child|a struggling painter|a taxi driver|a night nurse|a village priest"
    ),
    True: listed(
        "two sisters|three old friends|a couple of students|two rival chefs|four cousins|"
        "a pair of smugglers|two neighbours|five strangers|two brothers|a group of miners"
    ),
}

QUESTS = (
    "returns/return to a small town",
    "searches/search for a lost brother",
    "inherits/inherit an empty hotel",
    "crosses/cross the country by bus",
    "plans/plan one last robbery",
    "falls/fall in love with a stranger",
    "tries/try to save a closing theatre",
    "hides/hide a terrible secret",
    "looks/look after a sick horse",
    "investigates/investigate a murder",
    "opens/open a restaurant",
    "gets/get lost in the mountains",
    "moves/move into a haunted house",
    "fights/fight the mayor over a bridge",
    "wins/win the lottery",
    "learns/learn to dance",
    "finds/find a bag full of money",
    "smuggles/smuggle a painting across the border",
)

SETTINGS = listed(
    "in the middle of winter|after the war|on the coast of Norway|during a long strike|"
    "in the Paris of the fifties|at the end of the century|in a quiet suburb|on a remote island|"
    "during the hottest summer in years|in a city without children|before the storm|"
    "in rural Ireland|on the eve of an election|in the shadow of a volcano|in a dying fishing port"
)

STARS = listed(
    "Lena Marlowe|Victor Okafor|Anna Lindqvist|Tom Harker|Rosa Delgado|Peter Quill|Mina Sato|"
    "Hugo Brandt|Clara Penrose|Samir Haddad|Edith Crane|Paul Novak|Grace Whitlock|Ivo Marek"
)

TITLES = listed(
    "The Last Ferry|Paper Lanterns|A House in Winter|Seven Bridges|The Quiet Harbour|"
    "Salt and Honey|Midnight Orchard|The Glass Violin|North of Nowhere|The Painted Door|"
    "Broken Compass|Blue Monday|The Lighthouse Keeper|Summer of Dust|The Borrowed Coat|"
    "A Letter from Lisbon"
)

KINDS = listed(
    "love letter|history lesson|lecture|magic trick|puzzle|travel advert|stage play|"
    "television pilot|music video|video game|diary|dream|party|sermon|museum visit|long walk|"
    "family album|school play"
)
