import { useMutation, useQuery } from '@tanstack/react-query';
import { base64Bytes, hexDigits } from '../../text/bytes';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Field, Row } from '../../ui/Field';
import { ErrorBox, Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Id } from '../../ui/Values';
import { saveAs } from '../job/save';
import { isRoot, judge, judgeFile, proofFile, type Judgement } from './judge';
import styles from './Program.module.css';

interface Props {
    program: string;
    stateKey: Uint8Array<ArrayBuffer>;
    /** Null: the silo says that the key has none. */
    value: Uint8Array<ArrayBuffer> | null;
    root: string;
    /** In base64. */
    proof: string;
    /** The root that a person trusts; empty: what the silo names. */
    trusted: string;
    onTrust: (root: string) => void;
}

/** What the proof proves, checked here under the root that a person trusts; a proof of another place is checked as well. */
export function Proved({ program, stateKey, value, root, proof, trusted, onTrust }: Props) {
    const under = trusted === '' ? root : trusted.toLowerCase();
    const query = useQuery({
        queryKey: ['state proof', hexDigits(stateKey), under, proof],
        queryFn: () => judge(under, stateKey, base64Bytes(proof), value),
        enabled: isRoot(under),
        staleTime: Infinity,
    });
    const save = useMutation({
        mutationFn: () => proofFile(program, root, stateKey, base64Bytes(proof)),
        onSuccess: (text) => saveAs(new Blob([text]), `${hexDigits(stateKey).slice(0, 16)}.proof.json`),
    });
    const file = useMutation({
        mutationFn: async (chosen: File) => ({ name: chosen.name, ...(await judgeFile(under, await chosen.text())) }),
    });
    return (
        <>
            {isRoot(under) && <Loaded query={query}>{(found) => <Verdict found={found} root={under} />}</Loaded>}
            {file.data !== undefined && (
                <>
                    <p>
                        <Untrusted text={`File ${file.data.name}:`} max={120} />
                    </p>
                    <Verdict found={file.data} root={under} />
                </>
            )}
            {file.isError && <ErrorBox error={file.error} />}
            {save.isError && <ErrorBox error={save.error} />}
            <Row>
                <Field
                    label="Root that you trust"
                    hint="Such as “State after” of a job’s page, which its receipt signs. Empty: the root that the silo names."
                    error={isRoot(under) ? null : 'A root has 64 digits from 0 to 9 and a to f.'}
                >
                    {(ids) => (
                        <input
                            {...ids}
                            value={trusted}
                            maxLength={64}
                            placeholder={root}
                            onChange={(event) => onTrust(event.target.value.trim())}
                        />
                    )}
                </Field>
                <Field label="Check another proof" hint="A file that was saved here or by market state prove.">
                    {(ids) => (
                        <input
                            {...ids}
                            type="file"
                            accept=".json"
                            disabled={!isRoot(under)}
                            onChange={(event) => {
                                const chosen = event.target.files?.[0];
                                if (chosen !== undefined) {
                                    file.mutate(chosen);
                                }
                            }}
                        />
                    )}
                </Field>
            </Row>
            <div className={styles.row}>
                <Button busy={save.isPending} onClick={() => save.mutate()}>
                    Save the proof
                </Button>
            </div>
        </>
    );
}

const Verdict = ({ found, root }: { found: Judgement; root: string }) => (
    <p aria-live="polite">
        <Badge tone={found.holds ? 'good' : 'bad'}>{found.holds ? 'the proof holds' : 'the proof does not hold'}</Badge>{' '}
        <Untrusted text={found.finding} max={400} /> Checked in this browser under the root{' '}
        <Id value={root} length={12} />
    </p>
);
