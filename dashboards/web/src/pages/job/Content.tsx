import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '../../api/client';
import { bytesText } from '../../text/numbers';
import { Button } from '../../ui/Button';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { UntrustedBlock } from '../../ui/Text';
import { toast } from '../../ui/Toasts';
import { base64, hexOf, imageType, jsonOf, textOf, viewsOf, type View } from './content';
import { saveAs } from './save';
import styles from './Job.module.css';

/** More is saved, not shown. */
const shownMax = 1024 * 1024;

interface Props {
    title: string;
    path: string;
    name: string;
    /** Asks again every two seconds, while more may come. */
    live?: boolean;
}

/** Bytes of a stranger as text, JSON, picture or hexadecimal digits. */
export function Content({ title, path, name, live = false }: Props) {
    const query = useQuery({
        queryKey: ['content', path],
        queryFn: () => bytes(path, shownMax),
        refetchInterval: live ? 2000 : false,
        staleTime: live ? 0 : Infinity,
    });
    const save = useMutation({
        mutationFn: () => bytes(path),
        onSuccess: (all) => saveAs(new Blob([all.bytes]), name),
        onError: (error) => toast(error.message, 'bad'),
    });
    return (
        <Panel
            title={title}
            actions={
                <Button onClick={() => save.mutate()} busy={save.isPending} disabled={query.data === undefined}>
                    Save
                </Button>
            }
        >
            <Loaded query={query}>
                {({ bytes: content, size }) =>
                    size === 0 ? <Empty title="It is empty." /> : <Views title={title} content={content} size={size} />
                }
            </Loaded>
        </Panel>
    );
}

/** Bytes as what they seem to be, or as another view of them that a person chooses. */
export function Views({ title, content, size }: { title: string; content: Uint8Array; size: number }) {
    const views = viewsOf(content);
    const [chosen, choose] = useState<View | null>(null);
    const view = chosen !== null && views.includes(chosen) ? chosen : (views[0] ?? 'hex');
    return (
        <div className={styles.content}>
            <div className={styles.row}>
                {views.map((one) => (
                    <Button
                        key={one}
                        kind={one === view ? 'plain' : 'quiet'}
                        aria-pressed={one === view}
                        onClick={() => choose(one)}
                    >
                        {one}
                    </Button>
                ))}
                <span className={styles.size}>
                    {bytesText(size)}
                    {size > content.length && `, the first ${bytesText(content.length)} shown`}
                </span>
            </div>
            <Shown view={view} title={title} content={content} />
        </div>
    );
}

function Shown({ view, title, content }: { view: View; title: string; content: Uint8Array }) {
    if (view === 'image') {
        return <Picture title={title} content={content} type={imageType(content) ?? 'image/png'} />;
    }
    const text = view === 'hex' ? hexOf(content) : (textOf(content) ?? '');
    return (
        <UntrustedBlock
            text={view === 'json' ? (jsonOf(text) ?? text) : text}
            label={`${title} as ${view}`}
            wraps={view !== 'hex'}
        />
    );
}

/** In a frame that may do nothing: no script, no form, no origin. */
const Picture = ({ title, content, type }: { title: string; content: Uint8Array; type: string }) => (
    <iframe
        className={styles.picture}
        title={`${title} as an image`}
        sandbox=""
        srcDoc={`<!doctype html><title>Image</title><img alt="The image" src="data:${type};base64,${base64(content)}">`}
    />
);
