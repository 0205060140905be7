use super::*;

const ONE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const TWO: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn keys(text: &str) -> SealingKeys {
    text.parse().unwrap()
}

fn opened(keys: &SealingKeys, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut sealed = sealed.to_vec();
    keys.open(place, &mut sealed).map(<[u8]>::to_vec)
}

#[test]
fn what_was_sealed_for_a_place_opens_there_alone() {
    let keys = keys(ONE);
    for plain in [&b""[..], b"a", &[7; 4096]] {
        let sealed = keys.seal(b"here", plain).unwrap();
        assert_eq!(opened(&keys, b"here", &sealed).as_deref(), Ok(plain));
        assert_eq!(opened(&keys, b"there", &sealed), Err(Unreadable));
    }
}

#[test]
fn no_bit_can_be_flipped_added_or_left_out() {
    let keys = keys(ONE);
    let sealed = keys.seal(b"here", b"jdoe").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opened(&keys, b"here", &flipped), Err(Unreadable), "{bit}");
    }
    for length in 0..sealed.len() {
        assert_eq!(opened(&keys, b"here", &sealed[..length]), Err(Unreadable));
    }
    let longer = [&sealed[..], &[0]].concat();
    assert_eq!(opened(&keys, b"here", &longer), Err(Unreadable));
}

#[test]
fn the_first_key_seals_and_all_open() {
    let [old, both, new] = [ONE.to_owned(), format!("{TWO}, {ONE}"), TWO.to_owned()];
    let [old, both, new] = [old, both, new].map(|text| keys(&text));
    let by_old = old.seal(b"here", b"jdoe").unwrap();
    let by_both = both.seal(b"here", b"jdoe").unwrap();
    for (keys, sealed, opens) in [
        (&both, &by_old, true),
        (&both, &by_both, true),
        (&new, &by_both, true),
        (&old, &by_both, false),
        (&new, &by_old, false),
    ] {
        assert_eq!(opened(keys, b"here", sealed).is_ok(), opens);
    }
}

#[test]
fn nothing_is_sealed_twice_in_the_same_way_or_readable() {
    let keys = keys(ONE);
    let [one, two] = [(); 2].map(|()| keys.seal(b"here", b"a user's data").unwrap());
    assert_ne!(one[HEADER_LEN..], two[HEADER_LEN..]);
    assert!(!one.windows(4).any(|part| part == b"user"));
}

#[test]
fn plain_and_sealed_never_pass_for_each_other() {
    let (plain, sealing) = (SealingKeys::insecure_plaintext(), keys(ONE));
    let text = plain.seal(b"here", b"jdoe").unwrap();
    assert_eq!(opened(&plain, b"here", &text).as_deref(), Ok(&b"jdoe"[..]));
    assert_eq!(opened(&sealing, b"here", &text), Err(Unreadable));
    let sealed = sealing.seal(b"here", b"jdoe").unwrap();
    assert_eq!(opened(&plain, b"here", &sealed), Err(Unreadable));
}

#[test]
fn a_bad_key_is_refused_and_never_shown() {
    let short = "c2hvcnQ=";
    for text in [
        "",
        ",",
        short,
        "not base64",
        &format!("{ONE},"),
        &format!("{ONE},{short}"),
    ] {
        let error = text.parse::<SealingKeys>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(
            error.to_string().contains("openssl rand -base64 32"),
            "{error}"
        );
        assert!(!format!("{error} {error:?}").contains(short));
    }
    assert_eq!(
        format!("{:?}", keys(ONE)),
        "SealingKeys { plaintext: false, .. }"
    );
}
