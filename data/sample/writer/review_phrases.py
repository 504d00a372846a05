"""Frames of the long reviews: neutral talk, remarks on parts of the film, closing verdicts."""

OPENINGS = (
    'I saw "{title}" on a rainy Sunday with my {relative}.',
    "My {relative} gave me this {genre} for my birthday, so I had to watch it.",
    'I had never heard of "{title}" before it came on television last {day}.',
    "This was the first film of the festival, and the cinema was full.",
    "I read the book years ago and was curious about the {genre} they made of it.",
    "Let me start by saying that I am not a fan of the {genre}.",
    "I have seen nearly every film with {star}, and this is number twenty.",
    'There is a lot of talk about "{title}" at the moment, so here is my view.',
    "A friend from work lent me the disc and told me nothing about it.",
    "We wanted to see another {genre}, but the tickets were gone.",
    'I watched "{title}" twice before I wrote this.',
    "After a long week I sat down with my {relative} and turned this on.",
    "I paid full price on a {day} evening and sat in the second row.",
    'The poster of "{title}" had been hanging in our street for months.',
)

STORIES = (
    "The story is quickly told : {plot}.",
    "This time {plot}.",
    "It begins when {plot}, and I will not give away the rest.",
    "In this {genre} {plot}.",
    "{star} stars, {plot}, and there is a dog as well.",
    "We are told that {plot}; what follows takes about two hours.",
    "As in the book, {plot}.",
    "{plot}, and that is all you need to know about the plot.",
)

ASIDES = (
    "{star} plays {role}, if I remember it rightly.",
    "The film was shot in ten weeks with very little money.",
    "It runs for two hours and ten minutes.",
    "There were about thirty people in the room with us.",
    "The director comes from the theatre, and this is the third film by the same team.",
    "Most of it takes place {setting}.",
    "The version I saw was dubbed, so I can not judge the voices.",
    "My {relative} wanted to talk about it all the way home.",
    "Some of it was new to me, some of it was not.",
    "You can compare it with any other {genre} of that year.",
)

PARTS_ALONE = (
    "{clause1}.",
    "I must say that {clause1}.",
    "To my mind {clause1}.",
    "There is no denying that {clause1}.",
    "As everybody said before, {clause1}.",
    "You notice within minutes that {clause1}.",
    "{clause1}, and I was not the only one to think so.",
)

PARTS_BOTH = (
    "{clause1}, and {clause2}.",
    "{clause1}; {clause2} too.",
    "{clause1}, and on top of that {clause2}.",
)

PARTS_LATER = (
    "{clause1}, but {clause2}.",
    "Although {clause1}, {clause2}.",
    "{clause1}, yet {clause2}.",
    "My {relative} thought that {part1_is} {quality1}, I found it all rather {quality2}.",
)

PARTS_EARLIER = (
    "{clause1}, although {clause2}.",
    "{clause1}, even if {clause2}.",
    "{clause1}, which matters more than that {clause2}.",
)

# Praise on the left, blame on the right: the same words in another order.
REORDERED = (
    (
        "All in all the strengths outweigh the flaws, and I would see it again.",
        "All in all the flaws outweigh the strengths, and I would not see it again.",
    ),
    (
        "In the end I left the cinema glad that I had come, not sorry about the money.",
        "In the end I left the cinema sorry about the money, not glad that I had come.",
    ),
    (
        "So go and see it; do not wait for another {genre}.",
        "So wait for another {genre}; do not go and see it.",
    ),
    (
        "Whatever its faults, it is worth the price of the ticket.",
        "Whatever its strengths, it is not worth the price of the ticket.",
    ),
    (
        "I would recommend it to anyone, and not just to fans of the {genre}.",
        "I would not recommend it to anyone, not just to fans of the {genre}.",
    ),
    (
        "In the end the good scenes stay with you longer than the bad ones.",
        "In the end the bad scenes stay with you longer than the good ones.",
    ),
    (
        "My {relative} did not like it, but I loved it.",
        "My {relative} loved it, but I did not like it.",
    ),
    (
        "I came with doubts and left with a smile.",
        "I came with a smile and left with doubts.",
    ),
    (
        "Do not listen to those who tell you to stay at home.",
        "Do listen to those who tell you to stay at home.",
    ),
    (
        "Before the last scene I gave it two points out of ten, now I give it eight.",
        "Before the last scene I gave it eight points out of ten, now I give it two.",
    ),
    (
        "Its faults are easy to forgive and its strengths are hard to forget.",
        "Its strengths are easy to forget and its faults are hard to forgive.",
    ),
    (
        "What is good about it matters more than what is bad.",
        "What is bad about it matters more than what is good.",
    ),
    (
        "I would rather watch it twice than miss it once.",
        "I would rather miss it twice than watch it once.",
    ),
    (
        "For all its flaws I had a great evening.",
        "For all its strengths I had a terrible evening.",
    ),
    (
        "The trailer made me yawn, the film made me laugh.",
        "The trailer made me laugh, the film made me yawn.",
    ),
    (
        "I was wrong to fear the worst and right to hope.",
        "I was right to fear the worst and wrong to hope.",
    ),
)

# Praise on the left, blame on the right: other words.
OUTSPOKEN = (
    (
        "I enjoyed every minute of it.",
        "I regretted every minute of it.",
    ),
    (
        "For me this is one of the best films of the year.",
        "For me this is one of the worst films of the year.",
    ),
    (
        "Highly recommended, and I mean it.",
        "What a waste of time, and I mean it.",
    ),
    (
        "I can not praise the whole team enough.",
        "I can not forgive the whole team.",
    ),
    (
        "We left the cinema with a warm heart and talked about it all night.",
        "We left the cinema with a headache and never talked about it again.",
    ),
    (
        "Five stars from me, and I will buy the disc.",
        "One star from me, and I will give away the disc.",
    ),
    (
        "It is a gem, and you should not miss it.",
        "It is a mess, and you should avoid it.",
    ),
    (
        "I was delighted from the first scene to the last.",
        "I was bored from the first scene to the last.",
    ),
    (
        "This {genre} won me over completely.",
        "This {genre} lost me completely.",
    ),
    (
        "A treat for everyone who loves the cinema.",
        "A punishment for everyone who loves the cinema.",
    ),
)

FAREWELLS = (
    "That is all I have to say.",
    "Now I am curious what you think of it.",
    "The sequel is said to be out next year.",
    "Next week I will write about another {genre}.",
    "Thank you for reading this far.",
    "I will keep the ticket in my diary either way.",
)

RELATIVES = ("sister", "brother", "father", "mother", "wife", "husband", "neighbour", "daughter")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
