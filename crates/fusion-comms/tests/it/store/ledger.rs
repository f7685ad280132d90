//! Ranks, dates, and what a START lifts.

use fusion_comms::store::ledger::{self, Source};

use crate::support::given::*;
use crate::{committed, on_both};

on_both! {
    async fn the_later_receipt_wins_and_an_earlier_one_changes_nothing(db) {
        let (red, person) = (agency("red"), phone(20));
        assert!(committed!(db, |tx| put(tx, &red, &person, Source::SmsStop, at(5))));
        assert!(!committed!(db, |tx| put(tx, &red, &person, Source::SmsStop, at(4))));
        assert!(!committed!(db, |tx| put(tx, &red, &person, Source::SmsStop, at(5))));
        assert!(committed!(db, |tx| put(tx, &red, &person, Source::SmsStop, at(6))));
        assert_eq!(standing(&db, Some(&red), &person).await.unwrap().opted_out_at, at(6));
    }

    async fn a_weaker_source_never_replaces_a_stronger_one_and_a_stronger_one_does(db) {
        for (n, first) in Source::ALL.into_iter().enumerate() {
            for (m, second) in Source::ALL.into_iter().enumerate() {
                let red = agency(&format!("{n}-{m}"));
                committed!(db, |tx| put(tx, &red, &phone(20), first, at(5)));
                committed!(db, |tx| put(tx, &red, &phone(20), second, at(4)));
                let row = standing(&db, Some(&red), &phone(20)).await.unwrap();
                // `Source` is ordered with the strongest first.
                assert_eq!((row.source, row.opted_out_at), (first.min(second), at(5)));
            }
        }
    }

    async fn a_later_stop_on_a_manual_row_moves_its_date_and_keeps_its_source(db) {
        let red = agency("red");
        committed!(db, |tx| put(tx, &red, &phone(20), Source::ManualAdmin, at(5)));
        committed!(db, |tx| put(tx, &red, &phone(20), Source::SmsStop, at(9)));
        let row = standing(&db, Some(&red), &phone(20)).await.unwrap();
        assert_eq!((row.source, row.opted_out_at), (Source::ManualAdmin, at(9)));
    }

    async fn a_start_lifts_what_a_text_or_the_carrier_set_before_it_and_nothing_else(db) {
        for source in Source::ALL {
            for since in [4, 5, 6] {
                let red = agency(&format!("{}-{since}", source.as_str()));
                committed!(db, |tx| put(tx, &red, &phone(20), source, at(since)));
                let lifted = committed!(db, |tx| ledger::lift_by_start(tx, &red, &phone(20), at(5)));
                let may = matches!(source, Source::SmsStop | Source::TelnyxBlock) && since < 5;
                assert_eq!(lifted, may, "{source:?} since {since}");
                assert_eq!(standing(&db, Some(&red), &phone(20)).await.is_none(), may);
            }
        }
    }

    async fn a_start_lifts_in_one_agency_and_for_one_number(db) {
        for (id, person) in [("red", 20), ("red", 21), ("blue", 20)] {
            committed!(db, |tx| put(tx, &agency(id), &phone(person), Source::SmsStop, at(1)));
        }
        committed!(db, |tx| ledger::lift_by_start(tx, &agency("red"), &phone(20), at(5)));
        assert_eq!(ledger::list(&db, None).await.unwrap().len(), 2);
        assert!(standing(&db, Some(&agency("red")), &phone(20)).await.is_none());
    }
}
