#![allow(clippy::unwrap_used, reason = "a test may fail")]
use super::super::Npz;
use super::*;

/// An archive of five members, in which sizes, offsets and counts from the limits on are written as zip64.
fn archive(limits: Limits) -> Vec<u8> {
    let mut npz = NpzWriter::with(Vec::new(), Origin::default(), limits);
    for (i, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        npz.vector(name, &vec![i as f64; 40 * i]).unwrap();
    }
    npz.finish().unwrap()
}

#[test]
fn zip64_records_are_read_back_wherever_they_begin() {
    let plain = archive(Limits::ZIP);
    assert!(!plain.windows(4).any(|w| w == b"PK\x06\x06"));
    // Below every size; between the sizes; above the sizes but below the offsets; only by the count.
    for (bytes, members) in [(0, 0), (1000, 9), (1500, 9), (2000, 9), (1 << 20, 5)] {
        let written = archive(Limits { bytes, members });
        // Made on Unix, by version 2.0 or, with zip64, 4.5.
        let made_by = |signature| {
            let at = written.windows(4).position(|w| w == signature).unwrap();
            [written[at + 4], written[at + 5]]
        };
        let version = if bytes == 0 { 45 } else { 20 };
        assert_eq!(made_by(b"PK\x01\x02"), [version, 3]);
        let end = written.windows(4).position(|w| w == b"PK\x06\x06");
        assert_eq!(written[end.unwrap() + 12..][..2], [45, 3]);
        let npz = Npz::from_bytes(written).unwrap();
        for (i, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
            assert_eq!(npz.vector(name).unwrap(), vec![i as f64; 40 * i]);
        }
    }
}

#[test]
fn no_short_field_reaches_the_limit() {
    let u32_at = |bytes: &[u8], at: usize| {
        let field = bytes[at..at + 4].try_into().unwrap();
        u32::from_le_bytes(field)
    };
    let len = archive(Limits::ZIP).len() as u64;
    for bytes in 1..len {
        let written = archive(Limits { bytes, members: 9 });
        // Sizes and offset of the directory's records, size and offset of the directory itself.
        let records = (0..written.len() - 4).filter(|&at| written[at..].starts_with(b"PK\x01\x02"));
        let fields = records.flat_map(|at| [at + 20, at + 24, at + 42]);
        let end = written.len() - 22;
        for at in fields.chain([end + 12, end + 16]) {
            let field = u32_at(&written, at);
            assert!(
                u64::from(field) < bytes || field == u32::MAX,
                "limit {bytes}: {field}"
            );
        }
        Npz::from_bytes(written).unwrap();
    }
}

#[test]
fn after_a_failed_write_nothing_more_is_written() {
    /// Fails at one call, works again afterwards.
    struct FailsOnce {
        calls: usize,
        at: usize,
    }
    impl Write for FailsOnce {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            if self.calls == self.at {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    // Three calls a member: its header, the array's header, the values.
    for at in 4..=6 {
        let mut npz = NpzWriter::new(FailsOnce { calls: 0, at });
        npz.vector("a", &[1.0]).unwrap();
        assert!(matches!(npz.vector("b", &[2.0]), Err(Error::Io { .. })));
        assert!(matches!(npz.vector("c", &[3.0]), Err(Error::Io { .. })));
        assert!(matches!(npz.finish(), Err(Error::Io { .. })));
    }
}
