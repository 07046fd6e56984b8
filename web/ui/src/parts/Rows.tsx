import type { ReactNode } from "react";
import css from "./Rows.module.css";

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** The name of the row: read out with every other cell. */
  isHead?: boolean;
}

/** A short list as a table, and on a phone as cards; for thousands of rows use a virtualised list. */
export function Rows<T>({
  label,
  columns,
  rows,
  keyOf,
  actions,
}: {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string | number;
  actions?: (row: T) => ReactNode;
}): ReactNode {
  return (
    <table className={css["rows"]} aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col">
              {column.name}
            </th>
          ))}
          {actions && <td aria-hidden="true" />}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map((column) =>
              column.isHead ? (
                <th key={column.name} scope="row">
                  {column.cell(row)}
                </th>
              ) : (
                <td key={column.name} data-name={column.name}>
                  {column.cell(row)}
                </td>
              ),
            )}
            {actions && <td className={css["actions"]}>{actions(row)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
