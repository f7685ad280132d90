//! Places, zones and hours: split states, both clock changes, what is not known.

use super::*;

fn phone(area: &str) -> E164 {
    E164::parse(&format!("+1{area}5550147")).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn names(area: &str, zip: &str) -> String {
    let zones = zones(&phone(area), &[zip.to_owned()]).unwrap();
    zones.names().map(|n| n.rsplit('/').next().unwrap()).collect::<Vec<_>>().join(" ")
}

/// The hours by UTC in which a text may leave on the day that begins at `midnight` UTC, as `from-to` in quarter hours.
fn open_on(zones: &Zones, midnight: &str) -> String {
    let start = at(midnight);
    let quarters: Vec<i64> = (0..96).filter(|q| zones.are_open(start.plus_s(q * 900))).collect();
    let mut spans: Vec<(i64, i64)> = vec![];
    for q in quarters {
        match spans.last_mut() {
            Some((_, end)) if *end == q => *end += 1,
            _ => spans.push((q, q + 1)),
        }
    }
    let clock = |q: i64| format!("{:02}:{:02}", q / 4, q % 4 * 15);
    spans.iter().map(|(a, b)| format!("{}-{}", clock(*a), clock(*b))).collect::<Vec<_>>().join(" ")
}

fn open(area: &str, zip: &str, day: &str) -> String {
    open_on(&zones(&phone(area), &[zip.to_owned()]).unwrap(), &format!("{day}T00:00:00Z"))
}

#[test]
fn zones_are_those_of_the_zip_code_and_the_area_code_together() {
    for (area, zip, wanted) in [
        ("202", "20001", "New_York"),
        ("202", "", "New_York"),
        ("202", "94103-1234", "Los_Angeles New_York"),
        ("999", "94103", "Los_Angeles"),
        ("202", "no zip", "New_York"),
        ("202", "2000", "New_York"),
        // Indiana: the most is Eastern, both ends are Central.
        ("317", "46204", "New_York"),
        ("219", "46320", "Chicago New_York"),
        ("812", "47708", "Chicago New_York"),
        // Kentucky, Tennessee, Florida, Michigan.
        ("270", "42101", "Chicago New_York"),
        ("423", "37402", "Chicago New_York"),
        ("850", "32501", "Chicago New_York"),
        ("305", "32501", "Chicago New_York"),
        ("906", "49801", "Chicago New_York"),
        // The Dakotas, Nebraska, Kansas, Texas.
        ("701", "58501", "Chicago Denver"),
        ("605", "57701", "Chicago Denver"),
        ("308", "69101", "Chicago Denver"),
        ("915", "79901", "Chicago Denver"),
        // Idaho, Oregon, Nevada.
        ("208", "83501", "Denver Los_Angeles"),
        ("541", "97914", "Denver Los_Angeles"),
        ("775", "89883", "Denver Los_Angeles"),
        // Arizona, and the part that keeps summer time.
        ("602", "85004", "Phoenix"),
        ("928", "86515", "Denver Phoenix"),
        ("907", "99501", "Adak Anchorage"),
        ("808", "96813", "Honolulu"),
        ("787", "00901", "Puerto_Rico"),
        ("340", "00802", "Puerto_Rico"),
        ("671", "", "Guam"),
        ("684", "", "Pago_Pago"),
    ] {
        assert_eq!(names(area, zip), wanted, "{area} {zip}");
    }
}

#[test]
fn an_overlay_has_the_zones_of_the_code_it_lies_over() {
    let pairs = [
        ("270", "364"),
        ("850", "448"),
        ("407", "689"),
        ("812", "930"),
        ("208", "986"),
        ("541", "458"),
        ("402", "531"),
        ("212", "332"),
        ("213", "738"),
    ];
    for (old, new) in pairs {
        assert_eq!(names(old, ""), names(new, ""), "{old} {new}");
    }
}

#[test]
fn no_code_stands_twice_and_none_is_of_two_countries() {
    let mut codes: Vec<u16> = area_codes::UNITED_STATES.iter().flat_map(|(_, c)| c.iter().copied()).collect();
    codes.extend(area_codes::ELSEWHERE);
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
    assert!(codes.iter().all(|c| (200..1000).contains(c)));
    let mut ranges: Vec<(u16, u16)> = zips::PREFIXES.iter().flat_map(|(_, r)| r.iter().copied()).collect();
    ranges.sort_unstable();
    assert!(ranges.iter().all(|(a, b)| a <= b) && ranges.windows(2).all(|w| w[0].1 < w[1].0));
}

#[test]
fn a_number_of_another_country_has_no_window() {
    for number in
        ["+14165550147", "+18765550147", "+14415550147", "+442079460000", "+12025550", "+523315550147"]
    {
        assert_eq!(zones(&E164::parse(number).unwrap(), &["10001".to_owned()]), None, "{number}");
    }
}

#[test]
fn it_is_open_from_eight_to_twenty_hours_whatever_the_season() {
    // Eastern: winter is five hours behind UTC, summer four.
    assert_eq!(open("202", "20001", "2026-01-15"), "00:00-01:00 13:00-24:00");
    assert_eq!(open("202", "20001", "2026-07-15"), "12:00-24:00");
    // Arizona keeps winter time; the Navajo Nation does not.
    assert_eq!(open("602", "85004", "2026-01-15"), "00:00-03:00 15:00-24:00");
    assert_eq!(open("602", "85004", "2026-07-15"), "00:00-03:00 15:00-24:00");
    assert_eq!(open("928", "86515", "2026-07-15"), "00:00-02:00 15:00-24:00");
    assert_eq!(open("808", "96813", "2026-07-15"), "00:00-06:00 18:00-24:00");
    assert_eq!(open("787", "00901", "2026-01-15"), "12:00-24:00");
    assert_eq!(open("907", "99501", "2026-01-15"), "00:00-05:00 18:00-24:00");
    assert_eq!(open("671", "", "2026-07-15"), "00:00-10:00 22:00-24:00");
    // New York and California: the overlap.
    assert_eq!(open("202", "94103", "2026-07-15"), "15:00-24:00");
}

#[test]
fn on_the_days_of_the_clock_changes_it_opens_at_the_new_eight() {
    let eastern = zones(&phone("202"), &[]).unwrap();
    let opens = |now: &str| match eastern.window(at(now)) {
        Window::Opens { at, zone } => (at.to_string(), zone.name()),
        other => panic!("{other:?} at {now}"),
    };
    let est = |day: &str| (format!("{day}T13:00:00.000000Z"), "America/New_York");
    let edt = |day: &str| (format!("{day}T12:00:00.000000Z"), "America/New_York");
    // 8 March 2026, 2 h becomes 3 h; 1 November 2026, 2 h becomes 1 h.
    assert_eq!(opens("2026-03-07T05:00:00Z"), est("2026-03-07"));
    assert_eq!(opens("2026-03-08T01:00:00Z"), edt("2026-03-08"));
    assert_eq!(opens("2026-03-08T07:30:00Z"), edt("2026-03-08"));
    assert_eq!(opens("2026-11-01T00:00:00Z"), est("2026-11-01"));
    assert_eq!(opens("2026-11-01T05:30:00Z"), est("2026-11-01"));
    assert_eq!(opens("2026-11-01T06:30:00Z"), est("2026-11-01"));
    assert_eq!(eastern.window(at("2026-03-08T12:00:00Z")), Window::Open);
    assert_eq!(eastern.window(at("2026-11-01T12:59:59.999999Z")).opens(), Some(at("2026-11-01T13:00:00Z")));
}

#[test]
fn the_last_moment_is_the_one_before_twenty_hours() {
    let eastern = zones(&phone("202"), &[]).unwrap();
    assert_eq!(eastern.window(at("2026-01-16T00:59:59.999999Z")), Window::Open);
    assert_eq!(eastern.window(at("2026-01-16T01:00:00Z")).opens(), Some(at("2026-01-16T13:00:00Z")));
}

#[test]
fn of_several_zones_the_latest_morning_and_the_earliest_evening_count() {
    let both = zones(&phone("202"), &["94103".to_owned()]).unwrap();
    let opens = Window::Opens { at: at("2026-07-15T15:00:00Z"), zone: chrono_tz::America::Los_Angeles };
    assert_eq!(both.window(at("2026-07-15T12:30:00Z")), opens);
    assert_eq!(both.window(at("2026-07-15T00:00:00Z")), opens, "20 h in the East");
}

#[test]
fn where_nothing_is_known_only_the_hours_open_in_all_of_the_united_states_count() {
    let unknown = zones(&phone("999"), &[String::new(), "09012".to_owned()]).unwrap();
    assert_eq!(unknown.names().count(), 11);
    for day in ["2026-01-15", "2026-03-08", "2026-07-15", "2026-11-01"] {
        assert_eq!(open_on(&unknown, &format!("{day}T00:00:00Z")), "22:00-24:00", "{day}");
    }
    assert_eq!(zones(&phone("800"), &[]), Some(unknown));
}

#[test]
fn zones_that_share_no_hour_never_open() {
    let apart = zones(&phone("787"), &["96960".to_owned()]).unwrap();
    assert_eq!(
        apart.names().collect::<Vec<_>>(),
        ["America/Puerto_Rico", "Pacific/Guam", "Pacific/Majuro", "Pacific/Palau"]
    );
    assert_eq!(open_on(&apart, "2026-07-15T00:00:00Z"), "23:00-24:00");
    let none =
        Zones(vec![chrono_tz::Asia::Kolkata, chrono_tz::America::Chicago, chrono_tz::Pacific::Auckland]);
    assert_eq!(none.window(at("2026-07-15T00:00:00Z")), Window::Never);
}

#[test]
fn every_opening_is_open_and_the_moment_before_it_is_not() {
    let mut now = at("2026-01-01T00:00:00Z");
    let places: Vec<Zones> =
        [("202", "20001"), ("928", "86515"), ("907", ""), ("219", ""), ("999", ""), ("202", "96813")]
            .map(|(area, zip)| zones(&phone(area), &[zip.to_owned()]).unwrap())
            .into();
    // Every 7 hours and 13 minutes of a year.
    while now < at("2027-01-01T00:00:00Z") {
        for place in &places {
            match place.window(now) {
                Window::Open => assert!(place.are_open(now)),
                Window::Opens { at, .. } => {
                    assert!(
                        at > now && place.are_open(at) && !place.are_open(at.plus_ms(-1)),
                        "{place:?} {now}"
                    );
                    let between = (1..24).map(|n| now.plus_ms(at.ms_since(now) * n / 24));
                    assert!(
                        between.into_iter().all(|t| !place.are_open(t)),
                        "{place:?} {now}: an earlier one"
                    );
                }
                Window::Never => panic!("{place:?} never opens"),
            }
        }
        now = now.plus_s(7 * 3600 + 13 * 60);
    }
}
