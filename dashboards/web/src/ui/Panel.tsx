import { useId, type ReactNode } from 'react';
import styles from './Panel.module.css';

export function Panel({
    title,
    actions,
    children,
    flush = false,
}: {
    title: string;
    actions?: ReactNode;
    children: ReactNode;
    flush?: boolean;
}) {
    const id = useId();
    return (
        <section className={styles.panel} aria-labelledby={id}>
            <header className={styles.head}>
                <h2 id={id}>{title}</h2>
                {actions !== undefined && <div className={styles.actions}>{actions}</div>}
            </header>
            <div className={flush ? undefined : styles.body}>{children}</div>
        </section>
    );
}

/** A page's name, what it is about, and what can be done. */
export function PageHead({ title, about, actions }: { title: ReactNode; about?: ReactNode; actions?: ReactNode }) {
    return (
        <header className={styles.page}>
            <div>
                <h1>{title}</h1>
                {about !== undefined && <p className={styles.about}>{about}</p>}
            </div>
            {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        </header>
    );
}

/** Panels beside each other where there is room. */
export const Grid = ({ children, wide = false }: { children: ReactNode; wide?: boolean }) => (
    <div className={wide ? styles.wide : styles.grid}>{children}</div>
);

/** Figures beside each other. */
export const Stats = ({ children }: { children: ReactNode }) => <dl className={styles.stats}>{children}</dl>;

export function Stat({ label, children, hint }: { label: string; children: ReactNode; hint?: ReactNode }) {
    return (
        <div className={styles.stat}>
            <dt>{label}</dt>
            <dd className={styles.figure}>{children}</dd>
            {hint !== undefined && <dd className={styles.hint}>{hint}</dd>}
        </div>
    );
}

/** Names and values, one pair a row. */
export const Facts = ({ facts }: { facts: [string, ReactNode][] }) => (
    <dl className={styles.facts}>
        {facts
            .filter(([, value]) => value !== null && value !== undefined)
            .map(([name, value]) => (
                <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
    </dl>
);
