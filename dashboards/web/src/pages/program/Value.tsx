import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import { base64Bytes, digitsBytes } from '../../text/bytes';
import { Button } from '../../ui/Button';
import { Empty, Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Views } from '../job/Content';
import { textOf } from '../job/content';
import { Proved } from './Proof';
import styles from './Program.module.css';

interface Props {
    program: string;
    /** In hexadecimal. */
    stateKey: string;
    /** Empty: of the newest state. */
    root: string;
    onClose: () => void;
}

/** One key's value, and the proof that it has it, or none. */
export function Value({ program, stateKey, root, onClose }: Props) {
    const [trusted, setTrusted] = useState('');
    const query = useQuery({
        queryKey: ['state value', program, stateKey, root],
        queryFn: () =>
            ok(
                api.GET('/v1/programs/{program}/state/{stateKey}', {
                    params: {
                        path: { program, stateKey },
                        query: { proof: 'true', ...(root === '' ? {} : { root }) },
                    },
                }),
            ),
        staleTime: Infinity,
    });
    const key = digitsBytes(stateKey);
    const text = key === null ? null : textOf(key);
    return (
        <section className={styles.value} aria-label="Value">
            <div className={styles.row}>
                <h3>
                    Value of <Untrusted text={text ?? `hex:${stateKey}`} max={120} />
                </h3>
                <Button onClick={onClose}>Close</Button>
            </div>
            <Loaded query={query}>
                {(answer) => {
                    const value = answer.value === undefined ? null : base64Bytes(answer.value);
                    return (
                        <>
                            {value === null ? (
                                <Empty title="The key has no value." />
                            ) : value.length === 0 ? (
                                <Empty title="The value is empty." />
                            ) : (
                                <Views key={answer.value} title="Value" content={value} size={value.length} />
                            )}
                            {key !== null && answer.proof !== undefined && (
                                <Proved
                                    program={program}
                                    stateKey={key}
                                    value={value}
                                    root={answer.root}
                                    proof={answer.proof}
                                    trusted={trusted}
                                    onTrust={setTrusted}
                                />
                            )}
                        </>
                    );
                }}
            </Loaded>
        </section>
    );
}
