import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, ok, type Schemas } from '../../api/client';
import { Ask } from '../../ui/Ask';
import { Button } from '../../ui/Button';
import { Untrusted } from '../../ui/Text';
import { toast } from '../../ui/Toasts';

export function Remove({ program }: { program: Schemas['DeployedProgram'] }) {
    const [asks, setAsks] = useState(false);
    const [, go] = useLocation();
    const queries = useQueryClient();
    const remove = useMutation({
        mutationFn: () => ok(api.DELETE('/v1/programs/{program}', { params: { path: { program: program.id } } })),
        onSuccess: () => {
            toast('The program is removed.');
            go('/programs');
            queries.removeQueries({ queryKey: ['program', program.id] });
            void queries.invalidateQueries({ queryKey: ['programs'] });
        },
    });
    return (
        <>
            <Button kind="danger" onClick={() => setAsks(true)}>
                Remove
            </Button>
            {asks && (
                <Ask
                    title="Remove the program?"
                    action="Remove it"
                    kind="danger"
                    busy={remove.isPending}
                    error={remove.error}
                    onAct={() => remove.mutate()}
                    onClose={() => {
                        setAsks(false);
                        remove.reset();
                    }}
                >
                    <p>
                        Your account can run <Untrusted text={program.name} /> no more, and its module no longer counts
                        against your storage once no job needs it. The jobs that it ran stay, with their receipts.
                        {program.usesState && ' The state of the program is kept.'}
                    </p>
                    <p>Deploying the same module again brings the same program back.</p>
                </Ask>
            )}
        </>
    );
}
