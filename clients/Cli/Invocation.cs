using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace Marketplace.Cli;

/// <summary>One run of one command: its values, its client, and the way its answers are written.</summary>
internal sealed class Invocation(ParseResult parse, GlobalOptions options, Surroundings surroundings, CancellationToken cancellation)
    : IDisposable
{
    private MarketplaceClient? _client;

    public Surroundings Surroundings => surroundings;

    public CancellationToken Cancellation => cancellation;

    public bool Json => parse.GetValue(options.Json);

    public MarketplaceClient Client => _client ??= new Connection(this).MakeClient();

    /// <summary>Takes the first Ctrl-C where the command has something better to do than to end.</summary>
    public Action? OnFirstInterrupt { get; set; }

    public string? UrlOption => parse.GetValue(options.Url) ?? surroundings.Environment("MARKET_URL");

    public string? KeyOption => parse.GetValue(options.Key) ?? surroundings.Environment("MARKET_KEY");

    public bool DataIsGiven => DataOption is not null;

    /// <summary>On the command line, not only in the environment.</summary>
    public bool DataIsTyped => parse.GetResult(options.Data) is { Implicit: false };

    public string DataPath => Path(DataOption ?? "data");

    /// <summary>The file of <c>--ca</c>; null: the machine's own authorities.</summary>
    public string? CaPath => (parse.GetValue(options.Ca) ?? surroundings.Environment("MARKET_CA")) is { } typed ? Path(typed) : null;

    public bool AllowPlaintext => parse.GetValue(options.AllowPlaintext);

    private string? DataOption => parse.GetValue(options.Data) ?? surroundings.Environment("MARKET_DATA");

    public T? Get<T>(Option<T> option) => parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => parse.GetValue(argument)!;

    /// <summary>Words that stand behind '--'.</summary>
    public int WordsBehindDashes => UsageErrors.WordsBehindDashes(parse);

    public bool Has(Option option) => parse.GetResult(option) is { Implicit: false };

    /// <summary>A path as it was typed, in the folder where it was typed.</summary>
    public string Path(string typed) => System.IO.Path.GetFullPath(typed, surroundings.Folder);

    /// <summary>Writes the answer: the JSON document, or the lines for people.</summary>
    public Task Answer<T>(T value, Action<TextWriter> write) => Write(value, write, Json);

    /// <summary>Writes a line of an answer that goes on: for people on a terminal, else a document.</summary>
    public Task Line<T>(T value, Action<TextWriter> write) => Write(value, write, Json || !surroundings.OutputIsTerminal);

    private async Task Write<T>(T value, Action<TextWriter> write, bool isDocument)
    {
        if (isDocument)
        {
            await using (var writer = new Utf8JsonWriter(surroundings.Output))
            {
                JsonSerializer.Serialize(writer, value, Answers.Of<T>());
            }
            await Raw("\n"u8.ToArray());
            return;
        }
        var text = new StringWriter { NewLine = "\n" };
        write(text);
        await Text(text.ToString());
    }

    /// <summary>Columns that a table may have: those of the terminal; elsewhere, where programs read, there is no limit.</summary>
    public int? TableWidth => surroundings.OutputIsTerminal ? surroundings.Width : null;

    /// <summary>An id in a table: short on a terminal, where short ones may be typed, and whole for programs.</summary>
    public string ShowId<TId>(TId id)
        where TId : struct => surroundings.OutputIsTerminal ? Ids.Short(id) : id.ToString()!;

    /// <summary>A time in a table: how long ago on a terminal, exact for programs.</summary>
    public string ShowAge(DateTimeOffset? time)
    {
        if (time is not { } at || !surroundings.OutputIsTerminal)
        {
            return Table.Show(time);
        }
        var age = surroundings.Clock.GetUtcNow() - at;
        return age switch
        {
            { TotalSeconds: < 120 } => $"{Math.Max(0, (long)age.TotalSeconds)} s ago",
            { TotalMinutes: < 120 } => $"{(long)age.TotalMinutes} min ago",
            { TotalHours: < 48 } => $"{(long)age.TotalHours} h ago",
            _ => $"{(long)age.TotalDays} d ago",
        };
    }

    /// <summary>Writes text; where it goes to a terminal, harmless.</summary>
    public Task Text(string text) => Raw(Encoding.UTF8.GetBytes(surroundings.OutputIsTerminal ? TerminalText.Clean(text) : text));

    /// <summary>Writes what a stranger chose: as it is, or as harmless text to a terminal.</summary>
    public async Task Bytes(Stream content)
    {
        var terminal = surroundings.OutputIsTerminal ? new TerminalStream(surroundings.Output) : null;
        var piece = new byte[SdkPolicy.PieceBytes];
        for (int count; (count = await content.ReadAsync(piece, cancellation)) > 0; )
        {
            if (terminal is null)
            {
                await Raw(piece.AsMemory(0, count));
            }
            else
            {
                await terminal.Write(piece.AsMemory(0, count), last: false, cancellation);
            }
        }
        if (terminal is not null)
        {
            await terminal.Write(default, last: true, cancellation);
        }
        await surroundings.Output.FlushAsync(cancellation);
    }

    /// <summary>The answer of a command that has none of its own.</summary>
    public Task AnswerDone(string what, string id) => Json ? AnswerObject(writer => writer.WriteString(what, id)) : Text($"{what} {id}\n");

    /// <summary>Bytes as a member of a JSON document: as text.</summary>
    public Task AnswerText(string name, MemoryStream bytes) =>
        AnswerObject(writer => writer.WriteString(name, Encoding.UTF8.GetString(bytes.ToArray())));

    /// <summary>Says that a list goes on.</summary>
    public void NoteNext(string? cursor)
    {
        if (cursor is not null)
        {
            Note($"There are more: --cursor {cursor}");
        }
    }

    /// <summary>Says something beside the answer; not with --json, where standard error is for problems.</summary>
    public void Note(string text)
    {
        if (Json)
        {
            return;
        }
        surroundings.Error.WriteLine(surroundings.ErrorIsTerminal ? TerminalText.Clean(text) : text);
    }

    /// <summary>A JSON document that is made member by member.</summary>
    public async Task AnswerObject(Action<Utf8JsonWriter> members)
    {
        await using (var writer = new Utf8JsonWriter(surroundings.Output))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        await Raw("\n"u8.ToArray());
    }

    /// <summary>
    /// An answer of names and values; what has no value is left out. For programs the names are in camel case, and money is in base units.
    /// </summary>
    public async Task AnswerFields((string Name, object? Value)[] fields)
    {
        if (!Json)
        {
            using var text = new StringWriter { NewLine = "\n" };
            Table.WriteFields(text, fields);
            await Text(text.ToString());
            return;
        }
        await AnswerObject(writer =>
        {
            foreach (var (name, value) in fields.Where(field => field.Value is not null))
            {
                var words = name.Split(' ');
                writer.WritePropertyName(
                    string.Concat([words[0], .. words[1..].Select(word => char.ToUpperInvariant(word[0]) + word[1..])])
                );
                switch (value)
                {
                    case ulong number:
                        writer.WriteNumberValue(number);
                        break;
                    case bool flag:
                        writer.WriteBooleanValue(flag);
                        break;
                    case Money money:
                        writer.WriteStringValue(money.Amount.ToString());
                        break;
                    default:
                        writer.WriteStringValue(value!.ToString());
                        break;
                }
            }
        });
    }

    public void Dispose() => _client?.Dispose();

    private async Task Raw(ReadOnlyMemory<byte> bytes)
    {
        await surroundings.Output.WriteAsync(bytes, cancellation);
        await surroundings.Output.FlushAsync(cancellation);
    }
}
