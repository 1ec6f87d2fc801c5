//! The checksum of zip and gzip: CRC-32, reflected polynomial 0xEDB88320, sixteen bytes a step.

/// `TABLES[k][b]` is the checksum's change by byte `b` with `k` zero bytes after it.
static TABLES: [[u32; 256]; 16] = tables();

const fn tables() -> [[u32; 256]; 16] {
    let mut tables = [[0; 256]; 16];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut k = 1;
    while k < 16 {
        let mut byte = 0;
        while byte < 256 {
            let before: u32 = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        k += 1;
    }
    tables
}

/// A checksum that grows with the bytes it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc32(u32);

impl Crc32 {
    pub(super) fn new() -> Self {
        Self(!0)
    }

    pub(super) fn of(bytes: &[u8]) -> u32 {
        let mut crc = Self::new();
        crc.update(bytes);
        crc.value()
    }

    pub(super) fn value(self) -> u32 {
        !self.0
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        let (steps, rest) = bytes.as_chunks::<16>();
        let (near, far) = TABLES.split_at(8);
        let mut crc = self.0;
        for step in steps {
            let step = u128::from_le_bytes(*step);
            // The second half does not wait for the step before.
            let second = change(near, (step >> 64) as u64);
            crc = second ^ change(far, step as u64 ^ u64::from(crc));
        }
        for byte in rest {
            crc = (crc >> 8) ^ TABLES[0][usize::from(crc as u8 ^ byte)];
        }
        self.0 = crc;
    }
}

/// The checksum's change by eight bytes, the first of which looks its own up in the last of eight tables.
#[inline(always)]
fn change(tables: &[[u32; 256]], bytes: u64) -> u32 {
    let one = |i: usize| tables[7 - i][(bytes >> (8 * i)) as usize & 255];
    ((one(0) ^ one(1)) ^ (one(2) ^ one(3))) ^ ((one(4) ^ one(5)) ^ (one(6) ^ one(7)))
}

impl std::io::Write for Crc32 {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: one bit at a time.
    fn by_bits(bytes: &[u8]) -> u32 {
        let mut crc = !0_u32;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
            }
        }
        !crc
    }

    #[test]
    fn equals_the_published_check_value() {
        assert_eq!(Crc32::of(b"123456789"), 0xCBF4_3926);
        assert_eq!(Crc32::of(b""), 0);
    }

    #[test]
    fn equals_the_definition_however_the_bytes_are_split() {
        let bytes: Vec<u8> = (0..100_u8).map(|i| i.wrapping_mul(151) ^ 0x5a).collect();
        for len in 0..bytes.len() {
            assert_eq!(Crc32::of(&bytes[..len]), by_bits(&bytes[..len]));
            let mut crc = Crc32::new();
            crc.update(&bytes[..len]);
            crc.update(&bytes[len..]);
            assert_eq!(crc.value(), by_bits(&bytes));
        }
    }
}
