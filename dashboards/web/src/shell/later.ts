import { createElement, useEffect, useState, type ComponentType } from 'react';
import { Loading } from '../ui/States';

export interface PageProps {
    params: Record<string, string | undefined>;
}

/**
 * A page whose code is loaded when it is first shown, or before by `load`. It keeps its own state instead of suspending: React shows what
 * suspended 300 ms later at the earliest, even where the code is there after ten.
 */
export function later(from: () => Promise<{ default: ComponentType<PageProps> }>) {
    let loaded: ComponentType<PageProps> | null = null;
    let loading: Promise<ComponentType<PageProps>> | null = null;
    const load = () =>
        (loading ??= from().then(
            (module) => (loaded = module.default),
            (error: unknown) => {
                loading = null;
                throw error;
            },
        ));
    function Page(props: PageProps) {
        const [shown, setShown] = useState(() => loaded);
        const [failure, setFailure] = useState<{ error: unknown } | null>(null);
        useEffect(() => {
            if (shown === null) {
                load().then(
                    (page) => setShown(() => page),
                    (error: unknown) => setFailure({ error }),
                );
            }
        }, [shown]);
        if (failure !== null) {
            throw failure.error;
        }
        return shown === null ? createElement(Loading) : createElement(shown, props);
    }
    return Object.assign(Page, { load });
}
