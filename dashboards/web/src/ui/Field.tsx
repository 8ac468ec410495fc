import { useId, type ReactNode } from 'react';
import styles from './Field.module.css';

interface Props {
    label: string;
    hint?: ReactNode;
    error?: string | null | undefined;
    children: (ids: {
        id: string;
        'aria-describedby'?: string;
        'aria-invalid'?: boolean;
        className: string;
    }) => ReactNode;
}

/** A labelled input, with what it takes and what is wrong with what stands in it. */
export function Field({ label, hint, error, children }: Props) {
    const id = useId();
    const about = error !== undefined && error !== null ? `${id}-error` : hint !== undefined ? `${id}-hint` : undefined;
    return (
        <div className={styles.field}>
            <label htmlFor={id}>{label}</label>
            {children({
                id,
                className: styles.input ?? '',
                ...(about === undefined ? {} : { 'aria-describedby': about }),
                ...(about?.endsWith('-error') === true ? { 'aria-invalid': true } : {}),
            })}
            {error !== undefined && error !== null ? (
                <p id={`${id}-error`} className={styles.error}>
                    {error}
                </p>
            ) : (
                hint !== undefined && (
                    <p id={`${id}-hint`} className={styles.hint}>
                        {hint}
                    </p>
                )
            )}
        </div>
    );
}

export const Form = ({ onSubmit, children }: { onSubmit: () => void; children: ReactNode }) => (
    <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
        }}
    >
        {children}
    </form>
);

/** Fields beside each other where there is room. */
export const Row = ({ children }: { children: ReactNode }) => <div className={styles.row}>{children}</div>;
