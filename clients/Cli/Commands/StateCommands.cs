using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary><c>market state</c>.</summary>
internal static class StateCommands
{
    private const string KeyForm = $"at most 1024 bytes as text, or as hexadecimal digits behind 'hex:'";

    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "state",
            "Look at the state of programs, prove it, take it along.",
            Get(set),
            List(set),
            Prove(set),
            StateVerifyCommand.Make(set),
            StateMoveCommands.Export(set),
            StateMoveCommands.Import(set)
        );

    public static Option<StateRoot?> Root(string description) =>
        Values.Option<StateRoot>("--root", "ROOT", description, "64 hexadecimal digits", StateRoot.TryParse!);

    private static Argument<byte[]> Key() =>
        Values.Argument<byte[]>("KEY", "The key: text, or hexadecimal digits behind 'hex:'", KeyForm, StateFile.TryKey);

    private static Command Get(CommandSet set)
    {
        var program = Ids.Program();
        var key = Key();
        var root = Root("An older root that is still kept [the newest]");
        return set.Leaf(
            "get",
            """
            Write the value of a key to standard output.

            Example:
              market state get prog41ab…9e visitors
            """,
            async run =>
            {
                var id = await run.FindProgram(run.Get(program));
                var found = await run.Client.State.Get(id, run.Get(key), run.Get(root), withProof: false, run.Cancellation);
                if (run.Json)
                {
                    await run.Answer(found, _ => { });
                    return ExitCodes.Ok;
                }
                if (found.Value is not { } value)
                {
                    throw new CommandException(
                        new Failure(
                            ExitCodes.NotFound,
                            "state_key_not_found",
                            $"The key has no value in the state {found.Root}.",
                            "'market state list ID' shows the keys."
                        )
                    );
                }
                await run.Bytes(new MemoryStream(value.ToArray()));
                return ExitCodes.Ok;
            },
            program,
            key,
            root
        );
    }

    private static Command List(CommandSet set)
    {
        var program = Ids.Program();
        var prefix = Values.Text("--prefix", "TEXT", "Only keys that begin so: text, or hexadecimal digits behind 'hex:'");
        var root = Root("An older root that is still kept [the newest]");
        var limit = Values.Limit();
        var cursor = Values.Cursor();
        cursor.Validators.Add(RequireKey);
        return set.Leaf(
            "list",
            """
            List the keys of a program's state in the order of their bytes.

            Example:
              market state list prog41ab…9e --prefix user/
            """,
            async run =>
            {
                var id = await run.FindProgram(run.Get(program));
                if (!StateFile.TryKey(run.Get(prefix) ?? "", out var beginning))
                {
                    throw new CommandException(
                        new Failure(
                            ExitCodes.Usage,
                            "usage",
                            $"'{run.Get(prefix)}' is not the beginning of a key.",
                            $"A key has {KeyForm}."
                        )
                    );
                }
                var page = await run.Client.State.ListPage(
                    id,
                    beginning,
                    run.Get(root),
                    run.Get(cursor),
                    run.Get(limit) ?? 50,
                    run.Cancellation
                );
                await run.Answer(
                    page,
                    writer =>
                    {
                        foreach (var key in page.Items)
                        {
                            writer.WriteLine(
                                key.Text is { Length: > 0 } text && !text.StartsWith("hex:", StringComparison.Ordinal)
                                    ? text
                                    : $"hex:{key.Key}"
                            );
                        }
                    }
                );
                run.Note($"{page.Keys} keys with {page.Bytes} bytes at root {page.Root}");
                run.NoteNext(page.Next);
                return ExitCodes.Ok;
            },
            program,
            prefix,
            root,
            limit,
            cursor
        );
    }

    /// <summary>A page of keys goes on behind its last key, so that the cursor is one.</summary>
    private static void RequireKey(OptionResult result)
    {
        if (result.Tokens is [{ Value: var text }] && !StateFile.TryKey($"hex:{text}", out _))
        {
            result.AddError(
                $"'{UsageErrors.Cut(text)}' is not a value for --cursor: expected what a list named behind 'There are more', up to "
                    + $"{2 * ProgramLimits.StateKeyBytesMax} hexadecimal digits."
            );
        }
    }

    private static Command Prove(CommandSet set)
    {
        var program = Ids.Program();
        var key = Key();
        var root = Root("An older root that is still kept [the newest]");
        return set.Leaf(
            "prove",
            """
            Print the proof that a key has its value, or none, as a line of JSON that 'market state verify' checks without the market.

            Example:
              market state prove prog41ab…9e visitors > visitors.json
            """,
            async run =>
            {
                var id = await run.FindProgram(run.Get(program));
                var found = await run.Client.State.Get(id, run.Get(key), run.Get(root), withProof: true, run.Cancellation);
                var verdict = StateProofs.Verify(found.Root, run.Get(key), found.Proof.GetValueOrDefault());
                if (verdict.Finding == StateFinding.Refused)
                {
                    throw new CommandException(
                        new Failure(ExitCodes.Damaged, "proof_refused", $"The service's proof proves nothing: {verdict.Reason}")
                    );
                }
                var proof = StateFile.WriteProof(id, found.Root, found.Key, StateProof.Read(found.Proof!.Value));
                await run.Text(Encoding.UTF8.GetString(proof));
                run.Note($"root {found.Root}");
                return ExitCodes.Ok;
            },
            program,
            key,
            root
        );
    }
}
