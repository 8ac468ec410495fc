using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>How a job's result is made sure of, the weakest kind first.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<AssuranceKind>))]
public enum AssuranceKind
{
    /// <summary>One worker runs the job, and its word is taken.</summary>
    None = 0,

    /// <summary>By chance a second worker runs the job too, and both results must agree.</summary>
    Audit = 1,

    /// <summary>k of n workers must give one result.</summary>
    Quorum = 2,

    /// <summary>Members of the epoch's committee that hold over two thirds of its stake must sign one result.</summary>
    Committee = 3,
}

/// <summary>
/// How sure a buyer wants to be of a result. The default is none. There is one text for each: <c>none</c>, <c>audit:10%</c>,
/// <c>quorum:2/3</c>, <c>committee:5</c>; it is also the form in JSON, commands and receipts, and needs no quotes in a shell.
/// </summary>
[JsonConverter(typeof(AssuranceJsonConverter))]
public readonly record struct Assurance
{
    /// <summary>The chance of an audit is counted in thousandths: a rarer one deters no liar that has other jobs to lie about.</summary>
    public const int PermilleMin = 1;

    /// <summary>Every result is audited.</summary>
    public const int PermilleMax = 1000;

    /// <summary>With one worker there is none to agree with.</summary>
    public const int QuorumSeatsMin = 2;

    /// <summary>Each seat of a quorum is a lease and a vote that one market holds, and a signature in one receipt.</summary>
    public const int QuorumSeatsMax = 16;

    /// <summary>Over two thirds of fewer than four is all of them: three are the least that are worth a draw.</summary>
    public const int CommitteeSeatsMin = 3;

    /// <summary>As with a quorum; and the offline bounds on a committee are computed over each way to draw so many.</summary>
    public const int CommitteeSeatsMax = 16;

    /// <summary>The longest text: <c>committee:16</c>.</summary>
    public const int CharsMax = 12;

    /// <summary>The forms, as errors and documents tell them.</summary>
    public const string Form =
        "none; audit:P%, P from 0.1 to 100 with at most one decimal; quorum:K/N, N from 2 to 16 and K over half of it; "
        + "committee:N, N from 3 to 16";

    /// <summary>One worker's word.</summary>
    public static readonly Assurance None;

    private readonly ushort _first;
    private readonly ushort _second;

    private Assurance(AssuranceKind kind, int first, int second)
    {
        Kind = kind;
        _first = (ushort)first;
        _second = (ushort)second;
    }

    public AssuranceKind Kind { get; }

    public bool IsNone => Kind == AssuranceKind.None;

    /// <summary>The chance of an audit in thousandths; 0 where the kind is another.</summary>
    public int Permille => Kind == AssuranceKind.Audit ? _first : 0;

    /// <summary>The most runs that the buyer pays for: 1 of none, 2 of an audit, n of a quorum or a committee.</summary>
    public int Seats =>
        Kind switch
        {
            AssuranceKind.None => 1,
            AssuranceKind.Audit => 2,
            _ => _second,
        };

    /// <summary>
    /// How many seats must give one result for it to be the job's: 1 of none; 1 of an audit, 2 where one is drawn; k of a quorum; of a
    /// committee as many as hold over two thirds where all stakes are equal.
    /// </summary>
    public int Agreeing =>
        Kind switch
        {
            AssuranceKind.Quorum => _first,
            AssuranceKind.Committee => (_second * 2 / 3) + 1,
            _ => 1,
        };

    /// <summary>
    /// Whether a result that was got with this assurance is no less sure than one that is got with another. It is a partial order:
    /// quorums of the same number of agreeing workers compare by how many may disagree, and no quorum is as sure as a committee, because
    /// its workers need have nothing at stake.
    /// </summary>
    /// <param name="asked">The other.</param>
    /// <param name="seats">How many have given the result.</param>
    public bool Covers(Assurance asked, int seats) =>
        asked.Kind switch
        {
            AssuranceKind.None => true,
            AssuranceKind.Audit => Kind switch
            {
                AssuranceKind.Audit => Permille >= asked.Permille,
                AssuranceKind.Quorum => true,
                // One member may hold over two thirds of the stake; an audit compares two results.
                AssuranceKind.Committee => seats >= asked.Seats,
                _ => false,
            },
            AssuranceKind.Quorum => Kind switch
            {
                // Of n workers that lie by chance, k or more do the less often, the greater k is and the fewer are left.
                AssuranceKind.Quorum => Agreeing >= asked.Agreeing && Seats - Agreeing <= asked.Seats - asked.Agreeing,
                AssuranceKind.Committee => Seats >= asked.Seats && seats >= asked.Agreeing,
                _ => false,
            },
            // One member more of whom no more must agree, as 4 beside 3, is one more that may lie.
            _ => Kind == AssuranceKind.Committee && (Seats == asked.Seats || (Seats > asked.Seats && Agreeing > asked.Agreeing)),
        };

    /// <summary>By a chance of <paramref name="permille"/> thousandths a second worker runs the job too.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from <see cref="PermilleMin"/> to <see cref="PermilleMax"/>.</exception>
    public static Assurance Audit(int permille) =>
        AuditFault(permille) is { } fault
            ? throw new ArgumentOutOfRangeException(nameof(permille), fault)
            : new Assurance(AssuranceKind.Audit, permille, 0);

    /// <summary><paramref name="agreeing"/> of <paramref name="seats"/> workers must give one result.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Too few or too many seats, or not more than half of them.</exception>
    public static Assurance Quorum(int agreeing, int seats) =>
        QuorumFault(agreeing, seats) is { } fault
            ? throw new ArgumentOutOfRangeException(nameof(agreeing), fault)
            : new Assurance(AssuranceKind.Quorum, agreeing, seats);

    /// <summary>A committee of <paramref name="seats"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Too few or too many.</exception>
    public static Assurance Committee(int seats) =>
        CommitteeFault(seats) is { } fault
            ? throw new ArgumentOutOfRangeException(nameof(seats), fault)
            : new Assurance(AssuranceKind.Committee, 0, seats);

    /// <exception cref="FormatException">The text is none of <see cref="Form"/>, or not canonical: there is one for each.</exception>
    public static Assurance Parse(string text) =>
        Fault(text, out var assurance) is { } fault ? throw new FormatException(Refusal(text, fault)) : assurance;

    public static bool TryParse([NotNullWhen(true)] string? text, out Assurance assurance) => Fault(text, out assurance) is null;

    /// <inheritdoc cref="TryParse(string?, out Assurance)"/>
    /// <param name="text">The canonical text.</param>
    /// <param name="assurance">What it says.</param>
    /// <param name="refusal">What was seen, what is wrong with it and what is allowed.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out Assurance assurance, [NotNullWhen(false)] out string? refusal)
    {
        var fault = Fault(text, out assurance);
        refusal = fault is null ? null : Refusal(text, fault);
        return fault is null;
    }

    /// <summary>The canonical text.</summary>
    public override string ToString() =>
        Kind switch
        {
            AssuranceKind.None => "none",
            AssuranceKind.Audit when _first % 10 == 0 => string.Create(CultureInfo.InvariantCulture, $"audit:{_first / 10}%"),
            AssuranceKind.Audit => string.Create(CultureInfo.InvariantCulture, $"audit:{_first / 10}.{_first % 10}%"),
            AssuranceKind.Quorum => string.Create(CultureInfo.InvariantCulture, $"quorum:{_first}/{_second}"),
            AssuranceKind.Committee => string.Create(CultureInfo.InvariantCulture, $"committee:{_second}"),
            _ => throw new InvalidOperationException($"Kind {(int)Kind} has no text. This is a bug in Assurance."),
        };

    private static string Refusal(string? text, string fault)
    {
        var seen = text is { Length: > 2 * CharsMax } ? text[..(2 * CharsMax)] + "…" : text;
        return $"'{seen}' is no assurance: {fault}. Allowed: {Form}.";
    }

    /// <summary>What is wrong with the text; null where it is canonical.</summary>
    private static string? Fault(string? text, out Assurance assurance)
    {
        assurance = None;
        if (text is null || text.Length > CharsMax)
        {
            return text is null ? "there is no text" : $"it has more than {CharsMax} characters";
        }
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var rest = text.AsSpan(colon + 1);
        var fault = (colon < 0 ? text : text[..colon]) switch
        {
            "none" => colon < 0 ? null : "none takes nothing after it",
            "audit" => ReadAudit(rest, ref assurance),
            "quorum" => ReadQuorum(rest, ref assurance),
            "committee" => ReadCommittee(rest, ref assurance),
            _ => "it begins with no known kind",
        };
        if (fault is null && assurance.ToString() != text)
        {
            fault = $"it is written {assurance}";
            assurance = None;
        }
        return fault;
    }

    private static string? ReadAudit(ReadOnlySpan<char> text, ref Assurance assurance)
    {
        if (text.IsEmpty || text[^1] != '%')
        {
            return "an audit names its chance as percentage, which ends with %";
        }
        text = text[..^1];
        var dot = text.IndexOf('.');
        var tenths = 0;
        if (!TryNumber(dot < 0 ? text : text[..dot], out var whole) || (dot >= 0 && !TryNumber(text[(dot + 1)..], out tenths)))
        {
            return "the chance is no number";
        }
        if (dot >= 0 && text.Length - dot > 2)
        {
            return "the chance has more than one decimal";
        }
        var permille = (whole * 10) + tenths;
        var fault = AuditFault(permille);
        assurance = fault is null ? new Assurance(AssuranceKind.Audit, permille, 0) : None;
        return fault;
    }

    private static string? ReadQuorum(ReadOnlySpan<char> text, ref Assurance assurance)
    {
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryNumber(text[..slash], out var agreeing) || !TryNumber(text[(slash + 1)..], out var seats))
        {
            return "a quorum is two whole numbers joined by /";
        }
        var fault = QuorumFault(agreeing, seats);
        assurance = fault is null ? new Assurance(AssuranceKind.Quorum, agreeing, seats) : None;
        return fault;
    }

    private static string? ReadCommittee(ReadOnlySpan<char> text, ref Assurance assurance)
    {
        if (!TryNumber(text, out var seats))
        {
            return "a committee's size is a whole number";
        }
        var fault = CommitteeFault(seats);
        assurance = fault is null ? new Assurance(AssuranceKind.Committee, 0, seats) : None;
        return fault;
    }

    /// <summary>At most <see cref="CharsMax"/> digits are below 10^7 or refused, so nothing that is computed from it overflows.</summary>
    private static bool TryNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < 10_000_000;

    private static string? AuditFault(int permille) =>
        permille is >= PermilleMin and <= PermilleMax
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"a chance of {permille / 10}.{Math.Abs(permille % 10)}% is not from {PermilleMin / 10m}% to {PermilleMax / 10}%"
            );

    private static string? QuorumFault(int agreeing, int seats) =>
        seats is < QuorumSeatsMin or > QuorumSeatsMax ? $"{seats} seats are not from {QuorumSeatsMin} to {QuorumSeatsMax}"
        : agreeing > seats ? $"{agreeing} of {seats} seats cannot agree"
        : agreeing * 2 <= seats ? $"{agreeing} of {seats} seats are not more than half, so two results could both have them"
        : null;

    private static string? CommitteeFault(int seats) =>
        seats is >= CommitteeSeatsMin and <= CommitteeSeatsMax
            ? null
            : $"{seats} members are not from {CommitteeSeatsMin} to {CommitteeSeatsMax}";
}

/// <summary>The canonical text as a string.</summary>
public sealed class AssuranceJsonConverter : JsonConverter<Assurance>
{
    public override Assurance Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException($"Expected an assurance as a string: {Assurance.Form}.");
        }
        return Assurance.TryParse(reader.GetString(), out var assurance, out var refusal) ? assurance : throw new JsonException(refusal);
    }

    public override void Write(Utf8JsonWriter writer, Assurance value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
