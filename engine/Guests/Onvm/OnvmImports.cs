namespace Marketplace.Engine.Guests.Onvm;

/// <summary>The functions of the ONVM ABI. Codes that all of them share: -2 a pointer or length leaves the guest's memory.</summary>
internal static class OnvmImports
{
    public const string Module = "env";

    public const int BadPointer = -2;

    public static IReadOnlyList<HostCall> All { get; } =
    [
        new(Module, "onvm_blob_exists", "i32 i32 -> i32", OnvmBlobs.Exists, HostNeeds.Blobs),
        new(Module, "onvm_blob_len", "i32 i32 -> i64", OnvmBlobs.Length, HostNeeds.Blobs),
        new(Module, "onvm_blob_hash", "i32 i32 i32 -> i32", OnvmBlobs.Hash, HostNeeds.Blobs),
        new(Module, "onvm_blob_read", "i32 i32 i32 i32 -> i32", OnvmBlobs.Read, HostNeeds.Blobs),
        new(Module, "onvm_state_put", "i32 i32 i32 i32 -> i32", OnvmState.Put, HostNeeds.State),
        new(Module, "onvm_state_get", "i32 i32 i32 i32 -> i32", OnvmState.Get, HostNeeds.State),
        new(Module, "onvm_state_exists", "i32 i32 -> i32", OnvmState.Exists, HostNeeds.State),
        new(Module, "onvm_state_len", "i32 i32 -> i64", OnvmState.Length, HostNeeds.State),
        new(Module, "onvm_state_del", "i32 i32 -> i32", OnvmState.Delete, HostNeeds.State),
        new(Module, "onvm_state_list", "i32 i32 i32 i32 -> i32", OnvmState.List, HostNeeds.State),
        new(Module, "onvm_state_root", "i32 -> i32", OnvmState.Root, HostNeeds.State),
        new(Module, "onvm_log", "i32 i32 i32 -> i32", OnvmProcess.Log),
        new(Module, "onvm_now_ms", "-> i64", OnvmProcess.Now),
        new(Module, "onvm_random_bytes", "i32 i32 -> i32", OnvmProcess.Random),
        new(Module, "onvm_crypto_hash", "i32 i32 i32 i32 i32 -> i32", OnvmProcess.Hash),
        new(Module, "onvm_crypto_secp256k1_verify", "i32 i32 i32 -> i32", OnvmSignatures.Verify, HostNeeds.Signatures),
        new(Module, "onvm_crypto_secp256k1_recover", "i32 i32 i32 -> i32", OnvmSignatures.Recover, HostNeeds.Signatures),
    ];
}
