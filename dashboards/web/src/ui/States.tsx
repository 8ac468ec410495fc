import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { visible } from '../text/untrusted';
import { Button } from './Button';
import styles from './States.module.css';

/** What went wrong in the silo's own words, which may quote a stranger's or a contract's, and what can be done. */
export function ErrorBox({ error, retry }: { error: Error; retry?: (() => void) | undefined }) {
    return (
        <div className={styles.error} role="alert">
            <p>{visible(error.message)}</p>
            {retry !== undefined && <Button onClick={retry}>Try again</Button>}
        </div>
    );
}

export const Loading = ({ lines = 3 }: { lines?: number }) => (
    <div className={styles.loading} role="status" aria-label="Loading">
        {Array.from({ length: lines }, (_, line) => (
            <span key={line} />
        ))}
    </div>
);

export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
    <div className={styles.empty}>
        <p className={styles.title}>{title}</p>
        {children}
    </div>
);

/** The answer of a query when it is there; what it waits for or why it failed until then. */
export function Loaded<T>({
    query,
    lines,
    children,
}: {
    query: UseQueryResult<T>;
    lines?: number;
    children: (data: T) => ReactNode;
}) {
    if (query.data !== undefined) {
        return <>{children(query.data)}</>;
    }
    return query.isError ? (
        <ErrorBox error={query.error} retry={() => void query.refetch()} />
    ) : (
        <Loading {...(lines === undefined ? {} : { lines })} />
    );
}
