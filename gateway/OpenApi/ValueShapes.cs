using System.Globalization;
using Microsoft.OpenApi;

namespace Marketplace.Gateway;

/// <summary>The JSON forms of ids and amounts: strings, of which their converters tell nothing by themselves.</summary>
internal static class ValueShapes
{
    public const string HexId = "^[0-9a-fA-F]{64}$";
    public const string ChainPattern = "^[1-9][0-9]{0,19}$";
    public const string ContractPattern = "^0x[0-9a-f]{40}$";
    public const string TransactionPattern = "^0x[0-9a-f]{64}$";
    public const string BlobPattern = "^blob[0-9a-fA-F]{64}$";
    public const string ProgramPattern = "^prog[0-9a-fA-F]{64}$";
    public const string KeyPattern = "^mk[0-9a-f]{16}$";
    public const string KeyWithSecretPattern = "^mk[0-9a-f]{16}_[0-9a-f]{64}$";

    public const string AssurancePattern =
        "^(none|audit:(100|[1-9]?[0-9](\\.[1-9])?)%|quorum:([2-9]|1[0-6])/([2-9]|1[0-6])|committee:([3-9]|1[0-6]))$";

    public const string LedgerPattern = "^market$|^(account|worker)\\.[0-9a-f]{64}$";

    public const string EpochPattern = "^[0-9]{1,19}$";

    public static readonly string StateKeyPattern = string.Create(
        CultureInfo.InvariantCulture,
        $"^([0-9a-fA-F]{{2}}){{1,{ProgramLimits.StateKeyBytesMax}}}$|^text:[^/%]{{0,{ProgramLimits.StateKeyBytesMax}}}$"
    );

    private static readonly Dictionary<Type, Shape> Shapes = new()
    {
        [typeof(AccountId)] = new(HexId, "An account: an Ed25519 public key.", Examples.Account.ToString()),
        [typeof(JobId)] = new(HexId, "A job, derived from the account and the request id.", Examples.Job.ToString()),
        [typeof(WorkerId)] = new(HexId, "A worker: an Ed25519 public key.", Examples.Worker.ToString()),
        [typeof(StateRoot)] = new(HexId, "The root of a program's state.", Examples.Root.ToString()),
        [typeof(EvmAddress)] = new("^0x[0-9a-fA-F]{40}$", "An address on the chain.", Examples.Contract.ToString()),
        [typeof(BlobId)] = new(
            BlobPattern,
            "Bytes, named by their BLAKE3 hash: 'blob' and the digits that b3sum prints.",
            Examples.Module.ToString()
        ),
        [typeof(LeaseId)] = new("^[0-9]{1,19}-[0-9]{1,19}$", "The right and duty of one worker to run one job.", "1767323045000-1"),
        [typeof(ProgramId)] = new(ProgramPattern, "A deployed program.", Examples.Program.ToString()),
        [typeof(Assurance)] = new(
            AssurancePattern,
            $"How sure to be of a result: {Assurance.Form}. In one form only: no zero in front, none behind the decimal.",
            Assurance.Quorum(2, 3).ToString()
        ),
        [typeof(TokenAmount)] = new(
            string.Create(CultureInfo.InvariantCulture, $"^[0-9]{{1,{TokenAmount.DigitsMax}}}$"),
            "Base units: a whole number below 2^128, as a string because JSON numbers lose digits above 2^53.",
            Examples.Amount.ToString()
        ),
    };

    /// <returns>Null where <paramref name="type"/> is none of the values.</returns>
    public static OpenApiSchema? Of(Type type) =>
        Shapes.TryGetValue(type, out var shape)
            ? new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Pattern = shape.Pattern,
                Description = shape.Description,
                Examples = [shape.Example],
            }
            : null;

    private sealed record Shape(string Pattern, string Description, string Example);
}
