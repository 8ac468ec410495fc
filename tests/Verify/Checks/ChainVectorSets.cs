using Marketplace.Chain.Tests;
using Marketplace.Crypto.Tests;
using Marketplace.Testing;

namespace Marketplace.Verify.Checks;

/// <summary>The vectors of what is said to EVM chains: RLP, transactions, the contract ABI, typed data, names and signatures.</summary>
internal static class ChainVectorSets
{
    /// <summary>Where several files make one set, the one that is named is absent where any of them is.</summary>
    public static IEnumerable<(string Name, string File, Func<string, VectorTally> Run)> All()
    {
        yield return ("rlp_official", RlpVectors.OfficialFile, RlpVectors.RunOfficial);
        yield return ("rlp_trees", RlpVectors.TreesFile, RlpVectors.RunTrees);
        yield return ("rlp_invalid", RlpVectors.InvalidFile, RlpVectors.RunInvalid);
        yield return ("transactions_legacy", TransactionVectors.LegacyFile, TransactionVectors.RunLegacy);
        yield return ("transactions_typed", TransactionVectors.TypedFile, TransactionVectors.RunTyped);
        yield return (
            "contract_addresses",
            Vectors.Find(TransactionVectors.TextsFile) is null ? TransactionVectors.TextsFile : TransactionVectors.CreateFile,
            path => TransactionVectors.RunContracts(path, Vectors.Find(TransactionVectors.TextsFile)!)
        );
        yield return ("abi_interface", AbiVectors.InterfaceFile, AbiVectors.RunInterface);
        yield return ("abi_tuples", AbiVectors.TuplesFile, AbiVectors.RunInterface);
        yield return ("abi_signatures", AbiVectors.SignaturesFile, AbiVectors.RunSignatures);
        yield return ("abi_selectors", AbiVectors.SignaturesFile, ContractVectors.RunSelectors);
        yield return ("abi_events", ContractVectors.EventsFile, ContractVectors.RunEvents);
        yield return ("abi_outputs", AbiVectors.InterfaceFile, ContractVectors.RunOutputs);
        yield return ("abi_output_tuples", AbiVectors.TuplesFile, ContractVectors.RunOutputs);
        yield return ("abi_packed", ContractVectors.PackedFile, ContractVectors.RunPacked);
        yield return ("typed_data", TypedDataVectors.File, TypedDataVectors.Run);
        yield return ("typed_vouchers", TypedDataVectors.VoucherFile, TypedDataVectors.RunVouchers);
        yield return ("personal_messages", NameVectors.MessagesFile, NameVectors.RunMessages);
        yield return ("ens_names", NameVectors.NamesFile, NameVectors.RunNames);
        yield return ("icap_addresses", NameVectors.AddressFile, NameVectors.RunAccountNumbers);
    }
}
