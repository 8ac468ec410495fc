import { useQuery } from '@tanstack/react-query';
import { Fragment, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { settlementToken } from '../api/queries';
import { amountText } from '../text/amount';
import { agoText, zonedText } from '../text/time';
import { toast } from './Toasts';
import styles from './Values.module.css';

/** An id by its first characters, with the whole one to copy. */
export function Id({ value, href, length = 10 }: { value: string; href?: string; length?: number }) {
    const shown = value.length <= length + 2 ? value : `${value.slice(0, length)}…`;
    const copy = () => {
        void navigator.clipboard.writeText(value).then(
            () => toast('Copied'),
            () => toast('The browser did not allow to copy.', 'bad'),
        );
    };
    return (
        <span className={styles.id}>
            {href === undefined ? (
                <code title={value}>{shown}</code>
            ) : (
                <Link href={href} title={value}>
                    <code>{shown}</code>
                </Link>
            )}
            <button type="button" onClick={copy} aria-label={`Copy ${shown}`} title="Copy">
                <svg viewBox="0 0 16 16" aria-hidden="true">
                    <rect x="5" y="5" width="8" height="9" rx="1.5" />
                    <path d="M3 11V3.5A1.5 1.5 0 0 1 4.5 2H10" />
                </svg>
            </button>
        </span>
    );
}

/** The time of all pages moves on once a second. */
function useNow(): number {
    const [now, setNow] = useState(() => Date.now());
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), 1000);
        return () => clearInterval(timer);
    }, []);
    return now;
}

export function Ago({ at }: { at: string }) {
    const now = useNow();
    return (
        <time dateTime={at} title={zonedText(at)} className={styles.number}>
            {agoText(at, now)}
        </time>
    );
}

/** A long one breaks between its groups of digits, where it must. */
export function Amount({ units }: { units: string }) {
    const { data } = useQuery(settlementToken);
    return (
        <span className={styles.number} title={`${units} base units`}>
            {amountText(units, data ?? null)
                .split(',')
                .map((group, index) => (
                    <Fragment key={index}>
                        {index > 0 && (
                            <>
                                ,<wbr />
                            </>
                        )}
                        {group}
                    </Fragment>
                ))}
        </span>
    );
}
