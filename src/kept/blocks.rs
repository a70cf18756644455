//! Bytes in blocks that are checked before anybody sees what is in them.
//!
//! A block is its length, the CRC-32 of everything up to its end, and its bytes; numbers have four bytes,
//! the lowest first. One without bytes is the last. So whatever is missing, changed, added or in
//! another order is seen, and none of it is ever passed on.

use std::io::{self, ErrorKind, Read, Write};

use crc32fast::Hasher;

/// Bytes of a block, but for the last ones.
const BLOCK: usize = 256 * 1024;

/// Writes blocks.
pub(super) struct BlockWriter<W> {
    to: W,
    block: Vec<u8>,
    sum: Hasher,
}

impl<W: Write> BlockWriter<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, block: Vec::with_capacity(BLOCK), sum: Hasher::new() }
    }

    /// Writes what is left, and the end.
    pub(super) fn end(mut self) -> io::Result<W> {
        self.flush()?;
        self.write_block()?;
        Ok(self.to)
    }

    fn write_block(&mut self) -> io::Result<()> {
        let length = u32::try_from(self.block.len()).expect("a block is small").to_le_bytes();
        self.sum.update(&length);
        self.sum.update(&self.block);
        self.to.write_all(&length)?;
        self.to.write_all(&self.sum.clone().finalize().to_le_bytes())?;
        self.to.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

impl<W: Write> Write for BlockWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        if self.block.len() == BLOCK {
            self.write_block()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.block.is_empty() { Ok(()) } else { self.write_block() }
    }
}

/// Reads what a [`BlockWriter`] wrote.
pub(super) struct BlockReader<R> {
    from: R,
    block: Vec<u8>,
    /// How much of the block has been passed on.
    passed: usize,
    sum: Hasher,
    ended: bool,
}

impl<R: Read> BlockReader<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, block: Vec::new(), passed: 0, sum: Hasher::new(), ended: false }
    }

    /// Sees that nothing is left.
    pub(super) fn end(mut self) -> io::Result<()> {
        match self.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(damaged("there is more in it than belongs there")),
        }
    }

    fn read_block(&mut self) -> io::Result<()> {
        let length = self.number()?;
        let sum = self.number()?;
        self.sum.update(&length.to_le_bytes());
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > BLOCK {
            return Err(damaged("a block is larger than any can be"));
        }
        self.passed = 0;
        self.block.resize(length, 0);
        self.from.read_exact(&mut self.block).map_err(short)?;
        self.sum.update(&self.block);
        if self.sum.clone().finalize() != sum {
            self.block.clear();
            return Err(damaged("the checksum of a block is not that of its bytes"));
        }
        self.ended = length == 0;
        if self.ended && self.from.read(&mut [0])? > 0 {
            return Err(damaged("bytes follow its end"));
        }
        Ok(())
    }

    fn number(&mut self) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.from.read_exact(&mut bytes).map_err(short)?;
        Ok(u32::from_le_bytes(bytes))
    }
}

impl<R: Read> Read for BlockReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.passed == self.block.len() && !self.ended && !into.is_empty() {
            self.read_block()?;
        }
        let size = (&self.block[self.passed..]).read(into)?;
        self.passed += size;
        Ok(size)
    }
}

fn damaged(how: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, how.to_owned())
}

fn short(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "its end is missing"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(parts: &[Vec<u8>]) -> Vec<u8> {
        let mut writer = BlockWriter::new(Vec::new());
        for part in parts {
            writer.write_all(part).expect("a Vec takes all");
        }
        writer.end().expect("a Vec takes all")
    }

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let (mut reader, mut all) = (BlockReader::new(bytes), Vec::new());
        reader.read_to_end(&mut all)?;
        reader.end()?;
        Ok(all)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_was_written_is_read_and_nothing_else(
            sizes in prop::collection::vec(0..400_000_usize, 0..4),
            at in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let parts: Vec<_> = sizes.iter().map(|size| vec![7; *size]).collect();
            let bytes = written(&parts);
            prop_assert_eq!(read(&bytes).expect("whole"), parts.concat());
            let at = at.index(bytes.len());
            prop_assert!(read(&bytes[..at]).is_err(), "cut at {}", at);
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            prop_assert!(read(&changed).is_err(), "changed at {}", at);
            prop_assert!(read(&[&bytes[..], &[0]].concat()).is_err(), "added");
        }
    }

    #[test]
    fn blocks_that_are_left_out_or_change_places_are_seen() {
        let block = |byte: u8| vec![byte; BLOCK];
        let bytes = written(&[block(1), block(2), block(2)]);
        let size = BLOCK + 8;
        let part = |at: usize| &bytes[at * size..((at + 1) * size).min(bytes.len())];
        assert_eq!(
            read(&[part(0), part(1), part(2), part(3)].concat()).expect("whole").len(),
            3 * BLOCK
        );
        for order in [&[0, 2, 1, 3][..], &[0, 1, 3], &[1, 2, 3], &[0, 1, 2, 2, 3], &[3], &[]] {
            let parts: Vec<_> = order.iter().map(|at| part(*at)).collect();
            assert!(read(&parts.concat()).is_err(), "{order:?}");
        }
    }

    #[test]
    fn nothing_of_a_damaged_block_is_passed_on() {
        let mut bytes = written(&[vec![1; BLOCK], vec![2; 10]]);
        let last = bytes.len() - 9;
        bytes[last] ^= 1;
        let (mut reader, mut all) = (BlockReader::new(&*bytes), Vec::new());
        assert!(reader.read_to_end(&mut all).is_err());
        assert_eq!(all.len(), BLOCK);
    }
}
