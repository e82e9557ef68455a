/// Rows of text in aligned columns.
struct Table {
  /// One field: its text and how it is coloured.
  struct Cell: ExpressibleByStringInterpolation {
    let text: String
    let style: Style

    init(_ text: String, _ style: Style = .plain) {
      self.text = text
      self.style = style
    }

    init(stringLiteral text: String) { self.init(text) }
  }

  let titles: [String]
  private(set) var rows: [[Cell]] = []

  init(_ titles: String...) { self.titles = titles }

  init(titles: [String]) { self.titles = titles }

  /// Adds a row; fields that are missing stay empty.
  mutating func add(_ cells: Cell...) { rows.append(cells) }

  /// Adds a row; fields that are missing stay empty.
  mutating func add(_ cells: [Cell]) { rows.append(cells) }

  /// The table as lines without trailing blanks: titles first, columns two blanks apart.
  func lines(_ palette: Palette) -> [String] {
    let all = [titles.map { Cell($0, .heading) }] + rows
    let widths = titles.indices.map { column in
      all.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
    }
    return all.map { row in
      var line = ""
      var gap = 0
      for (cell, width) in zip(row, widths) {
        if !cell.text.isEmpty {
          line += String(repeating: " ", count: gap) + palette.paint(cell.text, cell.style)
          gap = 0
        }
        gap += width - cell.text.count + 2
      }
      return line
    }
  }
}
