import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';
import styles from './Table.module.css';

export interface Column<T> {
    title: string;
    cell: (row: T) => ReactNode;
    /** Numbers stand at the end, so that their digits are under each other. */
    end?: boolean;
    /** Not on a narrow screen. */
    wide?: boolean;
}

interface Props<T> {
    label: string;
    columns: Column<T>[];
    rows: T[];
    rowKey: (row: T) => string;
    /** Asks for the next page; called when the last rows are near. */
    more?: (() => void) | undefined;
    /** Rows that there are in all, where that is known. */
    total?: number;
}

const rowHeight = 44;

/** A table of any length: only the rows in sight are in the page. It scrolls in itself once it is longer than the screen. */
export function Table<T>({ label, columns, rows, rowKey, more, total }: Props<T>) {
    const box = useRef<HTMLDivElement>(null);
    // eslint-disable-next-line react-hooks/incompatible-library -- the compiler leaves this component as it is, which is right here
    const virtual = useVirtualizer({
        count: rows.length,
        getScrollElement: () => box.current,
        estimateSize: () => rowHeight,
        overscan: 12,
        initialOffset: () => keptOffset(label),
        getItemKey: (index) => rowKey(rows[index] as T),
    });
    const shown = virtual.getVirtualItems();
    const last = shown.at(-1)?.index ?? 0;

    useEffect(() => {
        if (more !== undefined && last >= rows.length - 20) {
            more();
        }
    }, [more, last, rows.length]);

    // End pressed where the last row shows means the rows, too, that are on their way.
    const wantsEnd = useRef(false);
    useEffect(() => {
        if (wantsEnd.current && box.current !== null) {
            box.current.scrollTop = box.current.scrollHeight;
        }
        wantsEnd.current = false;
    }, [rows.length]);

    const before = shown[0]?.start ?? 0;
    const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
    return (
        <div
            ref={box}
            className={styles.box}
            tabIndex={0}
            role="region"
            aria-label={label}
            onKeyDown={({ key }) => {
                wantsEnd.current = key === 'End' && last === rows.length - 1;
            }}
            onWheel={() => {
                wantsEnd.current = false;
            }}
            onScrollEnd={(event) => keepOffset(label, event.currentTarget.scrollTop)}
        >
            <table className={styles.table} aria-rowcount={total ?? (more === undefined ? rows.length + 1 : -1)}>
                <thead>
                    <tr>
                        {columns.map(({ title, end, wide }) => (
                            <th key={title} scope="col" className={classes(end, wide)}>
                                {title}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {before > 0 && <Space height={before} />}
                    {shown.map(({ index }) => {
                        const row = rows[index] as T;
                        return (
                            <tr key={rowKey(row)} aria-rowindex={index + 2}>
                                {columns.map(({ title, cell, end, wide }) => (
                                    <td key={title} className={classes(end, wide)}>
                                        {cell(row)}
                                    </td>
                                ))}
                            </tr>
                        );
                    })}
                    {after > 0 && <Space height={after} />}
                </tbody>
            </table>
        </div>
    );
}

/**
 * How far a table was scrolled stands in its entry of the browser's history: who comes back finds it there, a new visit and a changed filter
 * begin at the top.
 */
function keepOffset(label: string, offset: number): void {
    history.replaceState({ ...(history.state as object | null), [label]: offset }, '');
}

const keptOffset = (label: string): number => Number((history.state as Record<string, unknown> | null)?.[label] ?? 0);

const Space = ({ height }: { height: number }) => (
    <tr aria-hidden="true" style={{ height }}>
        <td className={styles.space} />
    </tr>
);

const classes = (end?: boolean, wide?: boolean) =>
    [end === true && styles.end, wide === true && styles.wide].filter(Boolean).join(' ') || undefined;
