import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type DragEvent } from 'react';
import { api, ok } from '../../api/client';
import { deploy } from '../../api/run';
import { bytesText } from '../../text/numbers';
import { Badge } from '../../ui/Badge';
import { Field } from '../../ui/Field';
import { Facts, Panel } from '../../ui/Panel';
import { ErrorBox, Loading } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Id } from '../../ui/Values';
import type { Program } from './form';
import styles from './Submit.module.css';

const listMax = 100;

/** A module that is dropped or chosen is deployed, which is what tells what it is; or a program that is there already. */
export function ProgramChoice({
    program,
    onChoose,
}: {
    program: Program | null;
    onChoose: (program: Program) => void;
}) {
    const [over, setOver] = useState(false);
    const mine = useQuery({
        queryKey: ['programs', 'choice'],
        queryFn: () => ok(api.GET('/v1/programs', { params: { query: { limit: listMax } } })),
    });
    const brought = useMutation({
        mutationFn: (file: File) => deploy(file, file.name.replace(/\.wasm$/i, '').slice(0, 64)),
        onSuccess: onChoose,
    });
    const take = (file: File | undefined) => {
        if (file !== undefined) {
            brought.mutate(file);
        }
    };
    const drop = (event: DragEvent) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files[0]);
    };
    return (
        <Panel title="Program">
            <div className={styles.choice}>
                <div
                    className={over ? styles.over : styles.drop}
                    onDragOver={(event) => {
                        event.preventDefault();
                        setOver(true);
                    }}
                    onDragLeave={() => setOver(false)}
                    onDrop={drop}
                >
                    <Field label="A WebAssembly module" hint="Drop a .wasm file here, or choose one.">
                        {(ids) => (
                            <input
                                {...ids}
                                type="file"
                                accept=".wasm,application/wasm"
                                onChange={(event) => take(event.target.files?.[0])}
                            />
                        )}
                    </Field>
                </div>
                <Field label="Or a program that is there">
                    {(ids) => (
                        <select
                            {...ids}
                            value={mine.data?.items.some(({ id }) => id === program?.id) === true ? program?.id : ''}
                            onChange={(event) => {
                                const found = mine.data?.items.find(({ id }) => id === event.target.value);
                                if (found !== undefined) {
                                    onChoose(found);
                                }
                            }}
                        >
                            <option value="">Choose…</option>
                            {mine.data?.items.map(({ id, name }) => (
                                <option key={id} value={id}>
                                    {name === '' ? id.slice(0, 16) : name.slice(0, 60)} · {id.slice(0, 12)}
                                </option>
                            ))}
                        </select>
                    )}
                </Field>
            </div>
            {brought.isPending && <Loading lines={2} />}
            {brought.isError && <ErrorBox error={brought.error} />}
            {program !== null && <Report program={program} />}
        </Panel>
    );
}

/** What the market knows of a module without running it. */
const Report = ({ program }: { program: Program }) => (
    <Facts
        facts={[
            ['Name', <Untrusted key="" text={program.name} />],
            ['Id', <Id key="" value={program.id} href={`/programs/${program.id}`} />],
            ['Module', bytesText(program.moduleSize)],
            ['Interface', program.abi],
            ['Entry points', <Untrusted key="" text={program.entryPoints.join(', ') || 'none'} max={300} />],
            ['Imports', <Untrusted key="" text={program.imports.join(', ') || 'none'} max={600} />],
            ['Keeps state', program.usesState ? 'yes' : 'no'],
            [
                'Same input, same result',
                program.deterministic ? (
                    <Badge key="" tone="good">
                        always
                    </Badge>
                ) : (
                    <span key="">
                        <Badge tone="warn">not always</Badge>{' '}
                        <Untrusted text={program.nondeterminism ?? ''} max={300} />
                    </span>
                ),
            ],
        ]}
    />
);
