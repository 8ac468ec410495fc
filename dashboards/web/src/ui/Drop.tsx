import { useState } from 'react';
import styles from './Drop.module.css';
import { Field } from './Field';

interface Props {
    label: string;
    hint: string;
    /** As of a file input. */
    accept: string;
    onFile: (file: File) => void;
}

/** A place for a file: dropped there, or chosen with the keyboard. */
export function Drop({ label, hint, accept, onFile }: Props) {
    const [over, setOver] = useState(false);
    const take = (file: File | undefined) => {
        if (file !== undefined) {
            onFile(file);
        }
    };
    return (
        <div
            className={over ? styles.over : styles.drop}
            onDragOver={(event) => {
                event.preventDefault();
                setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
                event.preventDefault();
                setOver(false);
                take(event.dataTransfer.files[0]);
            }}
        >
            <Field label={label} hint={hint}>
                {(ids) => (
                    <input {...ids} type="file" accept={accept} onChange={(event) => take(event.target.files?.[0])} />
                )}
            </Field>
        </div>
    );
}
