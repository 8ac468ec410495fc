import { bytesText } from '../../text/numbers';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { Panel } from '../../ui/Panel';
import { Untrusted } from '../../ui/Text';
import type { Draft } from './form';
import styles from './Submit.module.css';

export function Input({ draft, onChange }: { draft: Draft; onChange: (change: Partial<Draft>) => void }) {
    return (
        <Panel title="Input">
            <div
                className={styles.choice}
                onDragOver={(event) => event.preventDefault()}
                onDrop={(event) => {
                    event.preventDefault();
                    const file = event.dataTransfer.files[0];
                    if (file !== undefined) {
                        onChange({ inputFile: file });
                    }
                }}
            >
                {draft.inputFile === null ? (
                    <Field label="As text">
                        {(ids) => (
                            <textarea
                                {...ids}
                                value={draft.inputText}
                                onChange={(event) => onChange({ inputText: event.target.value })}
                            />
                        )}
                    </Field>
                ) : (
                    <p className={styles.taken}>
                        <Untrusted text={draft.inputFile.name} />, {bytesText(draft.inputFile.size)}
                        <Button onClick={() => onChange({ inputFile: null })}>Use text instead</Button>
                    </p>
                )}
                <Field label="As a file" hint="Drop a file here, or choose one.">
                    {(ids) => (
                        <input
                            {...ids}
                            type="file"
                            onChange={(event) => onChange({ inputFile: event.target.files?.[0] ?? null })}
                        />
                    )}
                </Field>
            </div>
        </Panel>
    );
}
