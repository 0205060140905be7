use super::*;

fn read(values: &[&str]) -> Parsed<Vec<String>> {
    let challenges = field_values(values)?;
    Ok(challenges.iter().map(ToString::to_string).collect())
}

#[test]
fn every_form_of_a_challenge_is_read() {
    let cases: [(&[&str], &[&str]); 22] = [
        (&[], &[]),
        (&["", " ,\t, "], &[]),
        (&["Bearer"], &["Bearer"]),
        (&[" Bearer\t"], &["Bearer"]),
        (
            &["Bearer,Basic , Digest\t,"],
            &["Bearer", "Basic", "Digest"],
        ),
        (&["Bearer realm=x"], &[r#"Bearer realm="x""#]),
        (&["Bearer   REALM\t= \"x\""], &[r#"Bearer realm="x""#]),
        (&[r#"B a="x,\"\\\y" , ,b="""#], &[r#"B a="x,\"\\y", b="""#]),
        (&["B a=1,b=2,C d=3"], &[r#"B a="1", b="2""#, r#"C d="3""#]),
        (&["B a=1, C, D e=1"], &[r#"B a="1""#, "C", r#"D e="1""#]),
        (&["B ,a=1"], &[r#"B a="1""#]),
        (&["Basic abc"], &["Basic abc"]),
        (&["Negotiate a+/-._~9=="], &["Negotiate a+/-._~9=="]),
        (&["N a=, B"], &["N a=", "B"]),
        (&["N a , B"], &["N a", "B"]),
        (&["B a=b"], &[r#"B a="b""#]),
        (&["B a=1", "C"], &[r#"B a="1""#, "C"]),
        (&["B a=1", "b=2"], &[r#"B a="1", b="2""#]),
        (&["B a=1,", "", ",b=2"], &[r#"B a="1", b="2""#]),
        (&["B a=1, C a=1"], &[r#"B a="1""#, r#"C a="1""#]),
        (&["B a=\"\u{e4}\""], &["B a=\"\u{e4}\""]),
        (&["B a=\"\t\""], &["B a=\"\t\""]),
    ];
    for (values, challenges) in cases {
        assert_eq!(read(values).unwrap(), challenges, "{values:?}");
    }
}

#[test]
fn an_error_says_where_and_what() {
    for (value, offset, expected) in [
        ("=", 0, "a scheme"),
        ("\"B\"", 0, "a scheme"),
        ("B=1", 1, "a space or a comma"),
        ("B\ta=1", 2, "a comma"),
        ("B, a=1", 4, "a space or a comma"),
        ("B =", 2, "a parameter's name"),
        ("B a b", 4, "`=`"),
        ("B a=1 b=2", 6, "a comma"),
        ("B a=1 C", 6, "a comma"),
        ("B abc, a=1", 8, "a space or a comma"),
        ("B a=b=", 5, "a comma"),
        ("B a=;", 4, "a parameter's value"),
        ("B a=\"", 5, "`\"`"),
        ("B a=\"\\", 6, "`\"`"),
        ("B a=\"x\"y", 7, "a comma"),
        ("B a=\"\r\n\"", 5, "a character that is allowed in quotes"),
        ("B a=\"\\\0\"", 6, "a character that is allowed in quotes"),
        ("B\r\n a=1", 1, "a space or a comma"),
        (
            "B a=1, A=2",
            7,
            "a parameter that this challenge does not have yet",
        ),
        ("\u{e4}", 0, "a scheme"),
    ] {
        let found = read(&["", value]);
        let error = ChallengeError {
            field: 1,
            offset,
            expected,
        };
        assert_eq!(found, Err(error), "{value:?}");
    }
}

#[test]
fn text_that_is_not_utf_8_is_read_as_iso_8859_1() {
    let challenges = field_values([b"B a=\"\xe4\""]).unwrap();
    assert_eq!(challenges[0].parameter("a"), Some("\u{e4}"));
    assert_eq!(challenges[0].to_string(), "B a=\"\u{e4}\"");
}

#[test]
fn the_parser_bounds_what_it_collects() {
    let commas = ",".repeat(1024 * 1024);
    let challenges = ["B"; 65].join(",");
    let parameters: Vec<_> = (0..10_000).map(|i| format!("p{i}=1")).collect();
    let parameters = format!("B {}", parameters.join(","));
    for (values, expected) in [
        (vec![commas.as_str()], "at most 64 KiB in all"),
        (vec![""; 64 * 1024 + 1], "at most 64 KiB in all"),
        (vec![challenges.as_str()], "at most 64 challenges"),
        (
            vec![&parameters[..60_000]],
            "at most 64 parameters in a challenge",
        ),
    ] {
        let error = field_values(values).unwrap_err();
        assert_eq!(error.expected, expected);
    }
}
