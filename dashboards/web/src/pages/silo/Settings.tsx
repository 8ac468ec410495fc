import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { Badge, type Tone } from '../../ui/Badge';
import { Field } from '../../ui/Field';
import { Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import styles from './Silo.module.css';

type Setting = Schemas['SiloSetting'];

const sources: Record<Setting['source'], [Tone, string]> = {
    default: ['quiet', 'default'],
    file: ['live', 'appsettings.json'],
    environment: ['live', 'environment'],
    command_line: ['live', 'command line'],
};

/** The options of this silo as they count, in the order of its help. */
export function Settings({ all }: { all: Setting[] }) {
    const [words, setWords] = useState('');
    const [isGiven, setGiven] = useState(false);
    const shown = all.filter(
        ({ name, variable, description, source }) =>
            (!isGiven || source !== 'default') &&
            [name, variable, description].some((text) => text.toLowerCase().includes(words.trim().toLowerCase())),
    );
    return (
        <Panel title="Settings">
            <div className={styles.settings}>
                <div className={styles.filter}>
                    <Field label="Find an option">
                        {(ids) => (
                            <input
                                {...ids}
                                type="search"
                                value={words}
                                onChange={(event) => setWords(event.target.value)}
                            />
                        )}
                    </Field>
                    <label className={styles.given}>
                        <input type="checkbox" checked={isGiven} onChange={(event) => setGiven(event.target.checked)} />
                        Only those that were given
                    </label>
                </div>
                {shown.length === 0 ? (
                    <Empty title="No option is like that." />
                ) : (
                    <ul className={styles.options} aria-label="Options" tabIndex={0}>
                        {shown.map((setting) => (
                            <Option key={setting.name} setting={setting} />
                        ))}
                    </ul>
                )}
            </div>
        </Panel>
    );
}

function Option({ setting: { name, variable, value, source, secret, description } }: { setting: Setting }) {
    const [tone, from] = sources[source];
    return (
        <li>
            <div className={styles.option}>
                <code title={variable}>{name}</code>
                <Badge tone={tone}>{from}</Badge>
            </div>
            <div className={styles.meaning}>
                <p>
                    {secret ? (
                        <span className={styles.quiet}>not shown</span>
                    ) : value === undefined || value === '' ? (
                        <span className={styles.quiet}>nothing</span>
                    ) : (
                        <code>
                            <Untrusted text={value} max={600} />
                        </code>
                    )}
                </p>
                <p className={styles.quiet}>
                    <Untrusted text={description} max={600} />
                </p>
            </div>
        </li>
    );
}
