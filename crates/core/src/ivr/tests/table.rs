//! The state table, row by row: what is heard, what is keyed, what comes next.

use super::*;

const TO_A_PERSON: [&str; 2] = ["play transfer Recorded", "transfer to +12025550119"];

#[test]
fn a_call_that_comes_in_is_answered_in_menu_and_hears_nothing_before_it_is_answered() {
    let (call, effects) = ring(true);
    assert_eq!((call.state, effects), (State::Menu, vec![Effect::Command(Command::Answer)]));
    let mut line = Line::ringing();
    line.ignores(CallEvent::CommandAccepted { step: 1, kind: CommandKind::Answer });
    assert_eq!(line.tell(CallEvent::Answered), ["gather menu Recorded"]);
}

#[test]
fn one_in_the_menu_asks_for_the_statement() {
    let mut line = Line::at_menu();
    assert_eq!(line.keys("1"), ["gather collect_statement Recorded"]);
    assert_eq!(line.state(), State::CollectStatementId);
}

#[test]
fn two_in_the_menu_transfers() {
    let mut line = Line::at_menu();
    assert_eq!(line.keys("2"), TO_A_PERSON);
    assert_eq!(line.state(), State::Transfer);
}

#[test]
fn another_key_or_none_hears_the_menu_again_and_the_second_miss_itself_transfers() {
    for first in ["3", "", "*", "0", "12"] {
        for second in ["9", ""] {
            let mut line = Line::at_menu();
            assert_eq!(line.keys(first), ["gather menu Recorded"]);
            assert_eq!(line.state(), State::Menu);
            assert_eq!(line.keys(second), TO_A_PERSON);
            assert_eq!(line.state(), State::Transfer);
        }
    }
}

#[test]
fn an_open_statement_asks_for_the_phone() {
    let mut line = Line::at_statement();
    assert_eq!(line.keys(OPEN), ["gather collect_phone Recorded"]);
    assert_eq!(line.state(), State::CollectSmsPhone);
    assert_eq!(line.call.statement, StatementId::parse(OPEN));
}

#[test]
fn a_statement_with_nothing_to_pay_transfers_and_is_no_miss() {
    let mut line = Line::at_statement();
    assert_eq!(line.keys(ON_HOLD), TO_A_PERSON);
    assert_eq!(line.state(), State::Transfer);
    assert_eq!(line.call.statement, None);
}

#[test]
fn an_unknown_statement_is_asked_for_again_and_the_third_miss_itself_transfers() {
    for wrong in ["777", "", "12*4", "1234567890123"] {
        let mut line = Line::at_statement();
        assert_eq!(line.keys(wrong), ["gather invalid_statement Recorded"], "{wrong}");
        assert_eq!(line.keys(wrong), ["gather invalid_statement Recorded"], "{wrong}");
        assert_eq!(line.state(), State::CollectStatementId);
        assert_eq!(line.keys(wrong), TO_A_PERSON, "{wrong}");
        assert_eq!(line.state(), State::Transfer);
    }
}

#[test]
fn a_statement_found_at_the_third_try_still_counts() {
    let mut line = Line::at_statement();
    line.keys("777");
    line.keys("778");
    assert_eq!(line.keys(OPEN), ["gather collect_phone Recorded"]);
}

#[test]
fn a_valid_phone_gets_the_link() {
    for keyed in [PHONE, "12025550147", "2025550147#"] {
        let mut line = Line::at_phone();
        assert_eq!(line.keys(keyed), [format!("link {OPEN} to +12025550147")]);
        assert_eq!(line.state(), State::SendingLink);
        assert_eq!(line.call.phone, E164::parse("+12025550147").ok());
    }
}

#[test]
fn an_invalid_phone_is_asked_for_again_and_the_third_miss_itself_transfers() {
    for wrong in ["555", "", "0025550147", "202555014*", "220255501477"] {
        let mut line = Line::at_phone();
        assert_eq!(line.keys(wrong), ["gather collect_phone Recorded"], "{wrong}");
        assert_eq!(line.keys(wrong), ["gather collect_phone Recorded"], "{wrong}");
        assert_eq!(line.state(), State::CollectSmsPhone);
        assert_eq!(line.keys(wrong), TO_A_PERSON, "{wrong}");
    }
}

#[test]
fn misses_are_counted_anew_in_each_state() {
    let mut line = Line::at_menu();
    line.keys("9");
    line.keys("1");
    line.keys("777");
    line.keys("777");
    line.keys(OPEN);
    assert_eq!(line.keys("555"), ["gather collect_phone Recorded"]);
    assert_eq!(line.keys("555"), ["gather collect_phone Recorded"]);
    assert_eq!(line.state(), State::CollectSmsPhone);
}

#[test]
fn an_opted_out_phone_goes_to_a_person_without_text_and_without_a_word() {
    let mut line = Line::at_phone();
    assert_eq!(line.keys(OPTED_OUT), TO_A_PERSON);
    assert_eq!(line.state(), State::Transfer);
    assert_eq!(line.call.phone, None);
}

#[test]
fn a_link_that_was_sent_is_told_and_one_that_is_refused_goes_to_a_person() {
    let mut line = Line::sending();
    assert_eq!(line.tell(CallEvent::Link(LinkAnswer::Sent)), ["gather sent_sms Recorded"]);
    assert_eq!(line.state(), State::LinkSent);
    let mut line = Line::sending();
    assert_eq!(line.tell(CallEvent::Link(LinkAnswer::Refused)), TO_A_PERSON);
}

#[test]
fn a_link_that_takes_eight_seconds_goes_to_a_person_and_its_late_answer_changes_nothing() {
    let mut line = Line::sending();
    assert_eq!(line.call.wait_ms(), Some(8_000));
    assert_eq!(line.hears_nothing_more(), TO_A_PERSON);
    line.ignores(CallEvent::Link(LinkAnswer::Sent));
    line.ignores(CallEvent::Link(LinkAnswer::Refused));
}

#[test]
fn after_the_link_one_goes_to_a_person() {
    let mut line = Line::link_sent();
    assert_eq!(line.keys("1"), TO_A_PERSON);
    assert_eq!(line.state(), State::Transfer);
}

#[test]
fn after_the_link_another_key_or_none_hears_goodbye() {
    for keyed in ["2", "*", ""] {
        let mut line = Line::link_sent();
        assert_eq!(line.keys(keyed), ["play goodbye Recorded"], "{keyed}");
        assert_eq!(line.state(), State::LinkSent);
    }
    let mut line = Line::link_sent();
    assert_eq!(line.hears_nothing_more(), ["play goodbye Recorded"]);
}

#[test]
fn pound_alone_is_asked_again_and_is_no_miss() {
    for (mut line, again) in [
        (Line::at_menu(), "gather menu Recorded"),
        (Line::at_statement(), "gather collect_statement Recorded"),
        (Line::at_phone(), "gather collect_phone Recorded"),
        (Line::link_sent(), "gather sent_sms Recorded"),
    ] {
        let before = line.call.clone();
        for _ in 0..3 {
            assert_eq!(line.keys("#"), [again]);
        }
        assert_eq!((line.state(), line.call.misses), (before.state, 0));
    }
}

#[test]
fn pound_alone_after_a_wrong_statement_repeats_what_was_heard_last_and_keeps_the_misses() {
    let mut line = Line::at_statement();
    line.keys("777");
    assert_eq!(line.keys("#"), ["gather invalid_statement Recorded"]);
    line.keys("777");
    assert_eq!(line.keys("777"), TO_A_PERSON);
}

#[test]
fn twelve_prompts_in_a_call_are_followed_by_a_transfer() {
    let mut line = Line::at_menu();
    for _ in 2..=12 {
        assert_eq!(line.keys("#"), ["gather menu Recorded"]);
    }
    assert_eq!(line.keys("#"), TO_A_PERSON);
    assert_eq!(line.state(), State::Transfer);
}

#[test]
fn a_deadline_in_menu_and_while_collecting_is_a_miss() {
    let mut line = Line::at_menu();
    assert_eq!(line.hears_nothing_more(), ["gather menu Recorded"]);
    assert_eq!(line.hears_nothing_more(), TO_A_PERSON);
    let mut line = Line::at_statement();
    assert_eq!(line.hears_nothing_more(), ["gather invalid_statement Recorded"]);
    line.hears_nothing_more();
    assert_eq!(line.hears_nothing_more(), TO_A_PERSON);
    let mut line = Line::at_phone();
    assert_eq!(line.hears_nothing_more(), ["gather collect_phone Recorded"]);
    line.hears_nothing_more();
    assert_eq!(line.hears_nothing_more(), TO_A_PERSON);
}

#[test]
fn keys_of_a_gather_that_telnyx_calls_invalid_are_read_as_keys() {
    let mut line = Line::at_menu();
    let step = Some(line.call.step);
    assert_eq!(
        line.tell(gather_with(step, GatherStatus::NoInput, "1")),
        ["gather collect_statement Recorded"]
    );
    let mut line = Line::at_phone();
    let step = Some(line.call.step);
    line.tell(gather_with(step, GatherStatus::NoInput, PHONE));
    assert_eq!(line.state(), State::SendingLink);
}

#[test]
fn the_names_of_the_states_are_those_that_operators_query() {
    let names: Vec<_> = State::ALL.iter().map(|s| s.as_str()).collect();
    assert_eq!(
        names,
        [
            "MENU",
            "COLLECT_STATEMENT_ID",
            "COLLECT_SMS_PHONE",
            "SENDING_LINK",
            "LINK_SENT",
            "TRANSFER",
            "DONE"
        ]
    );
    assert!(State::ALL.iter().all(|s| State::parse(s.as_str()) == Some(*s)));
    assert_eq!(State::parse("menu"), None);
}
