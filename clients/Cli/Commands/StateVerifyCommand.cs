using System.CommandLine;
using Marketplace.Receipts;

namespace Marketplace.Cli.Commands;

/// <summary><c>market state verify</c>: needs no market.</summary>
internal static class StateVerifyCommand
{
    public static Command Make(CommandSet set)
    {
        var file = new Argument<string>("FILE") { Description = "What 'market state prove' or 'market state export' wrote" };
        var root = StateCommands.Root("The root that you trust, of a job's result for example");
        root.Required = true;
        return set.Leaf(
            "verify",
            """
            Check a proof or a whole exported state against a root, without the market.

            Example:
              market state verify visitors.json --root e882756f…06
            """,
            async run =>
            {
                await using var content = BlobCommands.OpenRead(run, run.Get(file));
                var trusted = run.Get(root)!.Value;
                if (await StateFile.ReadHead(content, run.Cancellation) is { } head)
                {
                    RequireSame(head.Root, trusted);
                    await VerifyState(run, content, trusted);
                    return ExitCodes.Ok;
                }
                content.Position = 0;
                await VerifyProof(run, content, trusted);
                return ExitCodes.Ok;
            },
            file,
            root
        );
    }

    /// <summary>Every chunk from the first to the last; hands over the entries' number.</summary>
    /// <exception cref="CommandException">The file is not the whole state of this root.</exception>
    public static async Task<long> CheckChunks(Invocation run, Stream content, StateRoot root, Func<byte[], Task>? take = null)
    {
        long entries = 0;
        Bytes32? after = null;
        var isLast = false;
        while (await StateFile.ReadChunk(content, run.Cancellation) is { } bytes)
        {
            var chunk = isLast ? throw StateFile.Damaged("something follows the last chunk") : Read(bytes);
            if (StateChunks.Refusal(root, after, chunk) is { } refusal)
            {
                throw Refused($"The state is not that of root {root}. {refusal}");
            }
            (after, isLast, entries) = (chunk.End, chunk.IsLast, entries + chunk.Entries.Length);
            if (take is not null)
            {
                await take(bytes);
            }
        }
        return isLast ? entries : throw StateFile.Damaged("it ends before the last chunk");
    }

    /// <summary>A root that the file says proves nothing; but where it is another, the file is damaged or not the one meant.</summary>
    private static void RequireSame(StateRoot said, StateRoot trusted)
    {
        if (said != trusted)
        {
            throw Refused($"The file says that it is of root {said}, not of root {trusted}.");
        }
    }

    private static StateChunk Read(byte[] bytes)
    {
        try
        {
            return StateChunk.Read(bytes);
        }
        catch (FormatException malformed)
        {
            throw StateFile.Damaged(malformed.Message);
        }
    }

    private static async Task VerifyState(Invocation run, FileStream content, StateRoot root)
    {
        var entries = await CheckChunks(run, content, root);
        if (run.Json)
        {
            await run.AnswerObject(writer =>
            {
                writer.WriteString("verified", "state");
                writer.WriteString("root", root.ToString());
                writer.WriteNumber("keys", entries);
            });
            return;
        }
        await run.Text($"The file has the whole state of root {root}: {entries} keys, each with its value, and none is missing.\n");
    }

    private static async Task VerifyProof(Invocation run, FileStream content, StateRoot root)
    {
        if (content.Length > StateProofPolicy.JsonCharactersMax)
        {
            throw StateFile.Damaged($"it has more than {StateProofPolicy.JsonCharactersMax} bytes");
        }
        var json = new byte[content.Length];
        await content.ReadExactlyAsync(json, run.Cancellation);
        var (said, key, proof) = StateFile.ReadProof(json);
        if (said is { } own)
        {
            RequireSame(own, root);
        }
        var verdict = StateProofs.Verify(root, key, proof);
        if (verdict.Finding == StateFinding.Refused)
        {
            throw Refused(verdict.Reason!);
        }
        var isPresent = verdict.Finding == StateFinding.Present;
        if (run.Json)
        {
            await run.AnswerObject(writer =>
            {
                writer.WriteString("verified", isPresent ? "present" : "absent");
                writer.WriteString("root", root.ToString());
                writer.WriteString("key", Convert.ToHexStringLower(key));
                if (isPresent)
                {
                    writer.WriteBase64String("value", verdict.Value.Span);
                }
            });
            return;
        }
        var name = $"hex:{Convert.ToHexStringLower(key)}";
        await run.Text(
            isPresent
                ? $"Under root {root} the key {name} has the value of {verdict.Value.Length} bytes that the proof carries.\n"
                : $"Under root {root} the key {name} has no value.\n"
        );
    }

    private static CommandException Refused(string why) =>
        new(new Failure(ExitCodes.Damaged, "proof_refused", why, "Ask for the proof again, or compare the root with its source."));
}
