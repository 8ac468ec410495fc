using System.CommandLine;
using System.Text;

namespace Marketplace.Cli.Commands;

/// <summary><c>market program</c>.</summary>
internal static class ProgramCommands
{
    /// <summary>How every module begins (WebAssembly core specification, 5.5.16).</summary>
    private static ReadOnlySpan<byte> Magic => "\0asm"u8;

    public static Command Make(CommandSet set) =>
        CommandSet.Group(
            "program",
            "Deploy WebAssembly modules.",
            Deploy(set),
            List(set),
            Info(set),
            Remove(set),
            InspectCommand.Make(set)
        );

    /// <summary>The program of a module's file, deployed if it was not.</summary>
    public static async Task<DeployedProgram> Deploy(Invocation run, string typed, string? name, ReadOnlyMemory<byte> salt)
    {
        await using var module = BlobCommands.OpenRead(run, typed);
        await RequireModule(run, module, typed);
        return await TransferBar.Show(
            run.Surroundings,
            $"put {typed}",
            module.Length,
            progress =>
                run.Client.Programs.Deploy(module, name ?? Path.GetFileNameWithoutExtension(typed), salt, progress, run.Cancellation)
        );
    }

    /// <summary>What begins otherwise is another file by mistake: it is refused before it is read to its end, sent and kept.</summary>
    private static async Task RequireModule(Invocation run, FileStream module, string typed)
    {
        if (!module.CanSeek)
        {
            return;
        }
        var head = new byte[Magic.Length];
        await module.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, run.Cancellation);
        module.Position = 0;
        if (!head.AsSpan().SequenceEqual(Magic))
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.LocalFile,
                    "local_file",
                    $"{typed} is not a WebAssembly module: it does not begin with the bytes 00 61 73 6d.",
                    "Name the .wasm file that your compiler wrote."
                )
            );
        }
    }

    /// <summary>In words, for a table's cell.</summary>
    public static string Determinism(bool isDeterministic, string? reason) =>
        isDeterministic ? "yes, apart from runs that the time limit ends" : $"no: {reason}";

    private static Command Deploy(CommandSet set)
    {
        var file = new Argument<string>("FILE") { Description = "The module" };
        var name = Values.Text("--name", "NAME", "A name for people [the file's]");
        var salt = Values.Text("--salt", "TEXT", "Makes another program of the same module, with its own state");
        return set.Leaf(
            "deploy",
            """
            Deploy a module, unless it is deployed already, and print the program's id.

            Example:
              market program deploy programs/kvstore/kvstore.wasm --salt "my own store"
            """,
            async run =>
            {
                var bytes = run.Get(salt) is { } text ? Encoding.UTF8.GetBytes(text) : [];
                var program = await Deploy(run, run.Get(file), run.Get(name), bytes);
                await run.Answer(program, writer => writer.WriteLine(program.Id));
                if (!program.Deterministic)
                {
                    run.Note(
                        "market: its runs can differ though no worker lies, so no quorum or committee can be had: "
                            + $"{program.Nondeterminism}."
                    );
                }
                return ExitCodes.Ok;
            },
            file,
            name,
            salt
        );
    }

    private static Command List(CommandSet set)
    {
        var limit = Values.Limit();
        var cursor = Values.Cursor();
        return set.Leaf(
            "list",
            """
            List the programs that the account has deployed.

            Example:
              market program list
            """,
            async run =>
            {
                var page = await run.Client.Programs.ListPage(run.Get(cursor), run.Get(limit) ?? 50, run.Cancellation);
                await run.Answer(
                    page,
                    writer =>
                        Table.Write(
                            writer,
                            run.TableWidth,
                            ["ID", "NAME", "ABI", "BYTES", "DEPLOYED"],
                            page.Items.Select(program =>
                                new[]
                                {
                                    run.ShowId(program.Id),
                                    program.Name,
                                    program.Abi,
                                    Table.Show(program.ModuleSize),
                                    run.ShowAge(program.DeployedAt),
                                }
                            )
                        )
                );
                run.NoteNext(page.Next);
                return ExitCodes.Ok;
            },
            limit,
            cursor
        );
    }

    private static Command Info(CommandSet set)
    {
        var id = Ids.Program();
        return set.Leaf(
            "info",
            """
            Show a program: its module, its entry points, what it imports.

            Example:
              market program info prog41ab…9e
            """,
            async run =>
            {
                var program = await run.Client.Programs.Get(await run.FindProgram(run.Get(id)), run.Cancellation);
                await run.Answer(
                    program,
                    writer =>
                        Table.WriteFields(
                            writer,
                            ("program", program.Id),
                            ("name", program.Name),
                            ("module", program.Module),
                            ("bytes", program.ModuleSize),
                            ("deployer", program.Deployer),
                            ("deployed", program.DeployedAt),
                            ("abi", program.Abi),
                            ("entry points", string.Join(", ", program.EntryPoints)),
                            ("imports", program.Imports.Count > 0 ? string.Join(", ", program.Imports) : null),
                            ("uses state", program.UsesState),
                            ("deterministic", Determinism(program.Deterministic, program.Nondeterminism))
                        )
                );
                return ExitCodes.Ok;
            },
            id
        );
    }

    private static Command Remove(CommandSet set)
    {
        var id = Ids.Program();
        return set.Leaf(
            "remove",
            """
            Remove a program that the account has deployed.
            Refused while the account's jobs of it have not ended, unless another account has deployed it too. Its module counts against the
            storage quota until no other job needs it, and longer if the account keeps that blob ('market blob rm'). Its state is kept.

            Example:
              market program remove prog41ab…9e
            """,
            async run =>
            {
                var program = await run.FindProgram(run.Get(id));
                if (!await run.Client.Programs.Remove(program, run.Cancellation))
                {
                    throw new CommandException(
                        new Failure(
                            ExitCodes.NotFound,
                            "program_not_found",
                            $"This account has not deployed {program}, or has removed it already.",
                            "'market program list' shows this account's programs."
                        )
                    );
                }
                await run.AnswerDone("removed", program.ToString());
                return ExitCodes.Ok;
            },
            id
        );
    }
}
