/** Tables in Markdown. @module */

/** A table, its columns as wide as they need to be. */
export function formatTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(formatCell))]
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

function formatCell(cell: string | number): string {
  if (typeof cell === 'string') return cell
  return Number.isInteger(cell) || Math.abs(cell) >= 100 ? Math.round(cell).toLocaleString('en-US') : cell.toFixed(1)
}
