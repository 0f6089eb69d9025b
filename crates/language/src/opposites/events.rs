//! Before something and after it: 发货前 beside 已经发货了, 术前 beside 手术后.

use std::ops::Range;

/// Characters of an event.
const EVENT: usize = 2;

/// Events that are named by one character, with what they are called in full.
const SHORT: &[(char, [char; EVENT])] = &[
    ('术', ['手', '术']),
    ('饭', ['吃', '饭']),
    ('餐', ['用', '餐']),
    ('婚', ['结', '婚']),
    ('孕', ['怀', '孕']),
    ('产', ['生', '产']),
    ('课', ['上', '课']),
    ('睡', ['睡', '觉']),
    ('售', ['销', '售']),
];

/// Words that end with 前 or 后 and name no event: their character in front.
const NO_EVENT: &str = "以之目提从先当面眼最今然随背落往日近年月周天时分秒点号多三两几半里内者";

/// What follows 前 and 后 where these begin another word.
const OTHER_WORD: &str = "台天面排门期方端往者续悔缀三两几十名";

/// What a question goes on with behind 以前 and 以后, where these belong to the event.
const ASKED: &str = "能可要会吗多怎需还不是有想应得才再就";

/// Characters in front of an event that say it has not come: 还没发货.
const NOT_YET: &str = "没未";

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Before,
    After,
}

/// On which side of an event something is, and where that is said.
struct Relation {
    event: [char; EVENT],
    side: Side,
    place: Range<usize>,
}

/// Where two texts speak of the two sides of one event, each of one alone.
pub(super) fn other_side(a: &[char], b: &[char]) -> Option<(Range<usize>, Range<usize>)> {
    let (of_a, of_b) = (relations(a), relations(b));
    let known = of_a.iter().chain(&of_b).map(|relation| relation.event);
    known.into_iter().find_map(|event| {
        let (in_a, side_a) = only_side(a, &of_a, event)?;
        let (in_b, side_b) = only_side(b, &of_b, event)?;
        (side_a != side_b).then_some((in_a, in_b))
    })
}

/// The only side of an event that a text speaks of.
fn only_side(
    text: &[char],
    relations: &[Relation],
    event: [char; EVENT],
) -> Option<(Range<usize>, Side)> {
    let of_event = relations.iter().filter(|one| one.event == event);
    let said = of_event.map(|one| (one.place.clone(), one.side));
    let mut all = said.chain(come(text, event));
    let first = all.next()?;
    all.all(|(_, side)| side == first.1).then_some(first)
}

/// The events beside which 前 or 后 stands.
fn relations(text: &[char]) -> Vec<Relation> {
    let side = |at: usize| match text[at] {
        '前' => Some(Side::Before),
        '后' => Some(Side::After),
        _ => None,
    };
    let relations = |at: usize| {
        let side = side(at)?;
        let is_joined = at > 0 && matches!(text[at - 1], '之' | '以');
        let is_other = text.get(at + 1).is_some_and(|c| match is_joined {
            // 登录以前的账号 and 三期之前三期 name no event.
            true => "的三两几十".contains(*c) || text[at - 1] == '以' && !ASKED.contains(*c),
            false => OTHER_WORD.contains(*c),
        });
        let end = at - usize::from(is_joined);
        let last = *text[..end].last()?;
        if is_other || NO_EVENT.contains(last) || last.is_ascii() {
            return None;
        }
        let start = end.saturating_sub(EVENT);
        let before = <[char; EVENT]>::try_from(&text[start..end]).ok();
        let short = SHORT.iter().find(|(short, _)| *short == last);
        let events = before.into_iter().chain(short.map(|(_, full)| *full));
        let place = start..at + 1;
        Some(events.map(move |event| Relation {
            event,
            side,
            place: place.clone(),
        }))
    };
    (0..text.len()).filter_map(relations).flatten().collect()
}

/// Where a text says that an event has come, or has not yet: 已经发货, 发货了, 还没发货.
fn come(text: &[char], event: [char; EVENT]) -> impl Iterator<Item = (Range<usize>, Side)> + '_ {
    let places = text.windows(EVENT).enumerate();
    let places = places.filter(move |(_, at)| **at == event);
    places.filter_map(|(at, _)| {
        let (before, behind) = (&text[..at], &text[at + EVENT..]);
        let is_not_yet = before.last().is_some_and(|c| NOT_YET.contains(*c));
        let has_come = before.ends_with(&['已'])
            || before.ends_with(&['已', '经'])
            || behind.starts_with(&['了']) && !behind.starts_with(&['了', '吗']);
        let side = match (is_not_yet, has_come) {
            (true, _) => Side::Before,
            (false, true) => Side::After,
            (false, false) => return None,
        };
        Some((at..at + EVENT, side))
    })
}
