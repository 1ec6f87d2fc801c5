//! What a reader of tables is told.

/// How a table is written, and what is made of it.
///
/// ```
/// use rowmajor::io::{CsvMissing, CsvOptions, CsvSeparator, read_csv};
///
/// let options = CsvOptions {
///     separator: CsvSeparator::Semicolon,
///     missing: CsvMissing::Nan,
///     ..CsvOptions::default()
/// };
/// let table = read_csv(&b"age;height\n34;1.5\n51;\n"[..], &options)?;
/// assert_eq!(table.names, ["age", "height"]);
/// assert_eq!(table.values.row(0), [34.0, 1.5]);
/// assert!(table.values[(1, 1)].is_nan());
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CsvOptions<'a> {
    /// What stands between two fields.
    pub separator: CsvSeparator,
    /// Whether the first line names the columns.
    pub header: CsvHeader,
    /// What starts a comment.
    pub comment: CsvComment,
    /// What becomes of missing values.
    pub missing: CsvMissing,
    /// The column that holds the class of each row, as text; it becomes [`Csv::labels`](super::Csv::labels).
    pub label: Option<CsvColumn<'a>>,
    /// The classes by number, where they are known from another file; empty for those of this file, sorted.
    pub classes: &'a [String],
}

/// What stands between two fields of a line.
///
/// ```
/// use rowmajor::io::{CsvOptions, CsvSeparator, read_csv};
///
/// let options = CsvOptions { separator: CsvSeparator::Semicolon, ..CsvOptions::default() };
/// let table = read_csv(&b"1;2\n3;4\n"[..], &options)?;
/// assert_eq!(table.values, rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsvSeparator {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// One tab.
    Tab,
    /// Spaces and tabs, any number of them; those at the start and the end of a line do not count. `np.savetxt` writes
    /// such files.
    Spaces,
}

/// Whether the first line names the columns.
///
/// ```
/// use rowmajor::io::{CsvHeader, CsvOptions, read_csv};
///
/// // Columns that are named by years: nothing but the option tells them from values.
/// let options = CsvOptions { header: CsvHeader::Present, ..CsvOptions::default() };
/// let table = read_csv(&b"2024,2025\n3,4\n"[..], &options)?;
/// assert_eq!(table.names, ["2024", "2025"]);
/// assert_eq!(table.values, rowmajor::matrix![[3.0, 4.0]]);
///
/// // np.savetxt(..., delimiter=",", header="x,y") writes the names as a comment.
/// let table = read_csv(&b"# x,y\n3,4\n"[..], &options)?;
/// assert_eq!(table.names, ["x", "y"]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsvHeader {
    /// It does if none of its fields is a number and one is a word; numbers among words, words that are almost numbers
    /// (`1.0D+00`), and words that no line of numbers follows are an error. A comment names no column. Where a column of
    /// labels is named by its place, a line that counts 0, 1, 2, or whose label alone is no number, is an error, too.
    #[default]
    Detect,
    /// It does, even if its fields look like numbers, if it is a comment, or if no line follows.
    Present,
    /// It does not.
    Absent,
}

/// What starts a comment: up to the end of its line, nothing is read.
///
/// A comment stands in a line of its own, or behind values. Its mark is one where a field starts, behind a space, and
/// right behind a number; not within a word (`C#`), `1.#INF` or quotes, nor as the start of a spreadsheet's `#N/A`. Where a
/// name or a label is cut off by a mark that no space follows (`Sample #1`), that is an error, as it may belong to them.
///
/// ```
/// use rowmajor::io::{CsvComment, CsvOptions, read_csv};
///
/// let text = "# measured by hand\n1,2 # twice\n\n3,4\n";
/// let table = read_csv(text.as_bytes(), &CsvOptions::default())?;
/// assert_eq!(table.values, rowmajor::matrix![[1.0, 2.0], [3.0, 4.0]]);
///
/// let options = CsvOptions { comment: CsvComment::Percent, ..CsvOptions::default() };
/// assert_eq!(read_csv(&b"% from MATLAB\n1,2\n3,4\n"[..], &options)?.values, table.values);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsvComment {
    /// `#`
    #[default]
    Hash,
    /// `%`
    Percent,
    /// Nothing: there are no comments.
    None,
}

/// What becomes of missing values.
///
/// A value is missing where a field is empty, `?`, or one of the texts that pandas takes for it: `NA`, `N/A`, `n/a`,
/// `#N/A`, `#NA`, `#N/A N/A`, `<NA>`, `NULL`, `null`, `None`, `1.#IND`, `1.#QNAN`, `-1.#IND`, `-1.#QNAN`. A `nan`, in
/// small letters or capitals, is a number, as for NumPy; as a label it is missing.
///
/// ```
/// use rowmajor::io::{CsvMissing, CsvOptions, read_csv};
///
/// let text = &b"34,71.5\n?,80\n51,NA\n"[..];
/// let error = read_csv(text, &CsvOptions::default()).unwrap_err();
/// assert!(error.to_string().starts_with("csv, line 2, column 1: expected a number"));
///
/// let options = CsvOptions { missing: CsvMissing::Nan, ..CsvOptions::default() };
/// let table = read_csv(text, &options)?;
/// assert!(table.values[(1, 0)].is_nan() && table.values[(2, 1)].is_nan());
///
/// let options = CsvOptions { missing: CsvMissing::DropRow, ..CsvOptions::default() };
/// assert_eq!(read_csv(text, &options)?.values, rowmajor::matrix![[34.0, 71.5]]);
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsvMissing {
    /// They are an error, which says where.
    #[default]
    Refuse,
    /// They become NaN; a label that is missing is an error.
    Nan,
    /// A row with one, a NaN or a label that is missing is left out.
    DropRow,
}

/// A column of a table.
///
/// ```
/// use rowmajor::io::{CsvColumn, CsvOptions, read_csv};
///
/// let text = &b"width,kind\n0.2,small\n0.9,large\n"[..];
/// for column in [CsvColumn::At(1), CsvColumn::Named("kind")] {
///     let table = read_csv(text, &CsvOptions { label: Some(column), ..CsvOptions::default() })?;
///     assert_eq!((table.labels, table.classes), (vec![1, 0], vec!["large".into(), "small".into()]));
/// }
/// # Ok::<(), rowmajor::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CsvColumn<'a> {
    /// Its place, from 0.
    At(usize),
    /// Its name in the first line.
    Named(&'a str),
}
