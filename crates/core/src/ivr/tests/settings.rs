//! What an agency may set: each of it on its own, and what it must not change.

use super::*;

impl Line {
    /// A call to an agency with these settings, answered.
    fn with(around: Surroundings) -> (Self, Vec<String>) {
        let mut line = Self { call: ring(true).0, around };
        let said = line.tell(CallEvent::Answered);
        (line, said)
    }

    fn with_only(change: impl FnOnce(&mut MenuSettings)) -> Self {
        let mut around = Surroundings { caller: E164::parse(CALLER).ok(), ..billing_team() };
        change(&mut around.menu);
        Self::with(around).0
    }

    fn offering() -> Self {
        let mut line = Self::with_only(|m| m.offer_caller_number = true);
        line.keys("1");
        assert_eq!(line.keys(OPEN), ["gather offer_caller_number Spoken"]);
        line
    }

    fn reading_back() -> Self {
        let mut line = Self::with_only(|m| m.read_back = true);
        line.keys("1");
        line.keys(OPEN);
        assert_eq!(line.keys(PHONE), ["gather read_back Spoken of 2025550147"]);
        line
    }

    fn ended_with(&mut self, keys: &str) -> Vec<String> {
        self.tell(gather_with(Some(self.call.step), GatherStatus::CallHangup, keys))
    }
}

#[test]
fn a_statement_number_of_another_length_is_a_miss_that_our_tables_are_not_asked_about() {
    let mut line = Line::with_only(|m| m.statement_digits = "7-9".parse().unwrap());
    line.keys("1");
    let event = gather(Some(line.call.step), OPEN);
    let (call, effects) = step(line.call.clone(), &event, &line.around);
    assert!(!effects.iter().any(|e| matches!(e, Effect::Ask(_))));
    assert_eq!((call.misses, call.state), (1, State::CollectStatementId));
    assert_eq!(line.keys("1234567890"), ["gather invalid_statement Recorded"]);
    let (_, effects) = step(line.call.clone(), &gather(Some(line.call.step), "1234567"), &line.around);
    assert!(matches!(effects[..], [Effect::Ask(Question::FindStatement(_))]));
}

#[test]
fn outside_office_hours_nobody_is_rung_and_the_caller_hears_why() {
    let mut line = Line::with(Surroundings { desk: closed().desk, ..billing_team() }).0;
    assert_eq!(line.keys("2"), ["office closed", "play office_closed Spoken"]);
    assert_eq!(line.heard(Prompt::OfficeClosed), ["hang up"]);
    assert_eq!(line.accepted(CommandKind::HangUp), NOTHING);
    assert_eq!(line.state(), State::Done);
}

#[test]
fn a_closed_office_leaves_nobody_in_silence() {
    let closing = || {
        let mut line = Line::with(Surroundings { desk: closed().desk, ..billing_team() }).0;
        line.keys("2");
        line
    };
    assert_eq!(closing().hears_nothing_more(), ["hang up"]);
    let mut line = closing();
    assert_eq!(line.refused(CommandKind::Play), ["play goodbye Recorded"]);
    assert_eq!(line.heard(Prompt::Goodbye), ["hang up"]);
}

#[test]
fn the_number_a_caller_calls_from_gets_the_link_for_one_key() {
    assert_eq!(Line::offering().keys("1"), [format!("link {OPEN} to {CALLER}")]);
    let mut line = Line::offering();
    assert_eq!(line.keys("2"), ["gather collect_phone Recorded"]);
    assert_eq!((line.call.misses, line.call.phone.clone()), (0, None));
    for keys in ["", "7", "*"] {
        let mut line = Line::offering();
        assert_eq!(line.keys(keys), ["gather collect_phone Recorded"]);
        assert_eq!(line.call.misses, 1, "{keys}");
    }
    let mut line = Line::offering();
    assert_eq!(line.hears_nothing_more(), ["gather collect_phone Recorded"]);
    assert_eq!(line.call.misses, 1);
}

#[test]
fn a_caller_without_a_number_is_offered_none_and_one_who_opted_out_reaches_a_person() {
    let mut line = Line::with_only(|m| m.offer_caller_number = true);
    line.around.caller = None;
    line.keys("1");
    assert_eq!(line.keys(OPEN), ["gather collect_phone Recorded"]);
    let mut line = Line::offering();
    line.around.caller = E164::parse("+12025550199").ok();
    assert_eq!(line.keys("1"), ["play transfer Recorded", "transfer to +12025550119"]);
}

#[test]
fn an_offer_that_cannot_be_spoken_is_passed_over_without_a_miss() {
    let mut line = Line::offering();
    assert_eq!(line.refused(CommandKind::Gather), ["gather collect_phone Recorded"]);
    assert_eq!(line.call.misses, 0);
    let mut line = Line::with_only(|m| m.spanish = true);
    assert_eq!(line.refused(CommandKind::Gather), ["gather menu Recorded"]);
    assert_eq!((line.call.misses, line.call.language), (0, Language::English));
}

#[test]
fn a_keyed_number_gets_its_link_only_once_it_is_confirmed() {
    let mut line = Line::reading_back();
    assert_eq!(line.keys("1"), [format!("link {OPEN} to +1{PHONE}")]);
    assert_eq!(line.state(), State::SendingLink);

    let mut line = Line::reading_back();
    assert_eq!(line.keys("2"), ["gather collect_phone Recorded"]);
    assert_eq!((line.call.misses, line.call.phone.clone()), (0, None));
    assert_eq!(line.keys("2025550148"), ["gather read_back Spoken of 2025550148"]);

    let mut line = Line::reading_back();
    assert_eq!(line.hears_nothing_more(), ["gather collect_phone Recorded"]);
    line.keys(PHONE);
    assert_eq!(line.keys("5"), ["gather collect_phone Recorded"]);
    line.keys(PHONE);
    assert_eq!(line.keys(""), ["play transfer Recorded", "transfer to +12025550119"]);
    assert_eq!(line.call.phone, None);
}

#[test]
fn a_number_that_was_not_confirmed_gets_no_link_at_the_hang_up() {
    for keys in ["", "2", PHONE] {
        let mut line = Line::reading_back();
        assert_eq!(line.ended_with(keys), NOTHING, "{keys}");
        assert_eq!((line.state(), line.call.phone.clone()), (State::Done, None));
    }
    let mut line = Line::with_only(|m| m.read_back = true);
    line.keys("1");
    line.keys(OPEN);
    assert_eq!(line.ended_with(PHONE), NOTHING);
}

#[test]
fn a_one_pressed_at_the_hang_up_confirms_whichever_is_told_first() {
    let link = [format!("link {OPEN} to +1{PHONE}")];
    assert_eq!(Line::reading_back().ended_with("1"), link);
    let mut line = Line::reading_back();
    assert_eq!(line.tell(CallEvent::Hangup), NOTHING);
    assert_eq!(line.keys("1"), link);
    assert_eq!(line.keys("1"), NOTHING);

    let mut line = Line::offering();
    line.tell(CallEvent::Hangup);
    assert_eq!(line.keys("1"), [format!("link {OPEN} to {CALLER}")]);
}

#[test]
fn spanish_is_spoken_from_the_nine_to_the_goodbye() {
    let (mut line, said) = Line::with(everything_on());
    assert_eq!(said, ["gather offer_spanish Spoken es"]);
    assert_eq!(line.keys("9"), ["gather menu_with_opt_out Spoken es"]);
    assert_eq!(line.keys("1"), ["gather collect_statement Spoken es"]);
    assert_eq!(line.keys("7"), ["gather invalid_statement Spoken es"]);
    assert_eq!(line.keys(OPEN), ["gather offer_caller_number Spoken es"]);
    assert_eq!(line.keys("2"), ["gather collect_phone Spoken es"]);
    assert_eq!(line.keys(PHONE), ["gather read_back Spoken es of 2025550147"]);
    assert_eq!(line.keys("1"), [format!("link {OPEN} to +1{PHONE}")]);
    assert_eq!(line.tell(CallEvent::Link(LinkAnswer::Sent)), ["gather sent_sms Spoken es"]);
    assert_eq!(line.keys(""), ["play goodbye Spoken es"]);

    let mut line = Line::with(closed()).0;
    line.keys("9");
    assert_eq!(line.keys("2"), ["office closed", "play office_closed Spoken es"]);
}

#[test]
fn who_lets_the_offer_of_spanish_pass_hears_the_menu_and_has_missed_nothing() {
    for keys in ["", "#", "5", "*"] {
        let mut line = Line::with_only(|m| m.spanish = true);
        assert_eq!(line.keys(keys), ["gather menu Recorded"], "{keys}");
        assert_eq!((line.call.misses, line.call.language), (0, Language::English));
    }
    let mut line = Line::with_only(|m| m.spanish = true);
    assert_eq!(line.hears_nothing_more(), ["gather menu Recorded"]);
    let at_offer = || Line::with_only(|m| m.spanish = true);
    assert_eq!(at_offer().keys("1"), ["gather collect_statement Recorded"]);
    assert_eq!(at_offer().keys("2"), ["play transfer Recorded", "transfer to +12025550119"]);
}

#[test]
fn every_spoken_prompt_counts_to_the_limit() {
    let mut line = Line::reading_back();
    assert_eq!(line.call.prompts, 4);
    for _ in 0..4 {
        line.keys("2");
        line.keys(PHONE);
    }
    assert_eq!(line.call.prompts, MAX_PROMPTS);
    assert_eq!(line.keys("2"), ["play transfer Recorded", "transfer to +12025550119"]);
    assert_eq!(line.call.phone, None);
}

#[test]
fn a_spoken_prompt_waits_as_long_as_its_words_and_keys_take() {
    let wait = |line: &Line| line.call.wait_ms().unwrap_or_default();
    assert!((3_000..30_000).contains(&wait(&Line::with_only(|m| m.spanish = true))));
    assert!(wait(&Line::reading_back()) >= 30_000);
    let mut line = Line::with(Surroundings { desk: closed().desk, ..billing_team() }).0;
    line.keys("2");
    assert!(wait(&line) >= 60_000 && line.call.waits_for(CommandKind::Play));
}

/// A caller at the menu of an agency with the key that stops texts.
fn may_stop_texts() -> Line {
    let around = Surroundings { caller: E164::parse(CALLER).ok(), ..billing_team() };
    let menu = MenuSettings { opt_out_key: true, ..around.menu };
    let (line, said) = Line::with(Surroundings { menu, ..around });
    assert_eq!(said, ["gather menu_with_opt_out Spoken"]);
    line
}

#[test]
fn one_key_stops_texts_to_the_caller_who_hears_so_and_may_go_on() {
    let stopped = [format!("no more texts to {CALLER}"), "gather opted_out Spoken".to_owned()];
    let stopping = || {
        let mut line = may_stop_texts();
        assert_eq!(line.keys("8"), stopped);
        assert_eq!((line.state(), line.call.misses), (State::Menu, 0));
        line
    };
    assert_eq!(stopping().keys("1"), ["gather collect_statement Recorded"]);
    assert_eq!(stopping().keys("2"), ["play transfer Recorded", "transfer to +12025550119"]);
    assert_eq!(stopping().keys("5"), ["gather menu_with_opt_out Spoken"]);
    assert_eq!(stopping().keys(""), ["play goodbye Recorded"]);
    assert_eq!(stopping().hears_nothing_more(), ["play goodbye Recorded"]);
    assert_eq!(stopping().refused(CommandKind::Gather), ["gather menu Recorded"]);
    let mut line = stopping();
    let late = gather(Some(line.call.step - 1), "8");
    line.ignores(late);
}

#[test]
fn the_key_stops_texts_at_the_hang_up_whichever_is_told_first_and_only_once() {
    let stopped = [format!("no more texts to {CALLER}")];
    assert_eq!(may_stop_texts().ended_with("8"), stopped);
    let mut line = may_stop_texts();
    assert_eq!(line.tell(CallEvent::Hangup), NOTHING);
    assert_eq!(line.keys("8"), stopped);
    assert_eq!(line.keys("8"), NOTHING);
    assert_eq!((line.state(), line.call.wait_ms()), (State::Done, None));
    for keys in ["", "1", "9", "88"] {
        assert_eq!(may_stop_texts().ended_with(keys), NOTHING, "{keys}");
    }
}

#[test]
fn nobody_is_opted_out_by_an_eight_that_was_not_offered() {
    let mut line = Line::with(Surroundings { caller: E164::parse(CALLER).ok(), ..billing_team() }).0;
    assert_eq!(line.keys("8"), ["gather menu Recorded"]);
    let menu = MenuSettings { opt_out_key: true, spanish: true, ..billing_team().menu };
    let unknown = Line::with(Surroundings { menu, ..billing_team() }).0;
    assert_eq!({ unknown }.keys("8"), ["gather menu Recorded"]);
    let caller = E164::parse(CALLER).ok();
    let mut at_offer = Line::with(Surroundings { menu, caller, ..billing_team() }).0;
    assert_eq!(at_offer.keys("8"), ["gather menu_with_opt_out Spoken"]);
    assert_eq!(at_offer.call.misses, 0);
}

#[test]
fn the_twelfth_prompt_does_not_keep_the_key_from_stopping_texts() {
    let mut line = may_stop_texts();
    for _ in 1..MAX_PROMPTS {
        line.keys("#");
    }
    let stopped = format!("no more texts to {CALLER}");
    assert_eq!(line.keys("8"), [stopped.as_str(), "play transfer Recorded", "transfer to +12025550119"]);
}
