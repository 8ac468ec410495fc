using System.Reflection;
using System.Reflection.Emit;
using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>Loads and stores: one bounds check each, no guard pages.</summary>
internal sealed partial class FunctionEmitter
{
    /// <summary>More would not stay in registers, and the machine-code compiler counts them when it decides whether to optimise.</summary>
    private const int WideAddressesMax = 64;

    /// <summary>More last addresses would not stay in registers, and each is computed at each call of the function.</summary>
    private const int LastAddressesMax = 12;

    private LocalBuilder? _memory;
    private LocalBuilder? _memoryBase;
    private LocalBuilder? _memoryLength;

    /// <summary>
    /// By the distance from an address to the end of its access: the greatest address that is inside; below zero where none is.
    /// </summary>
    private readonly Dictionary<long, LocalBuilder> _lastAddresses = [];
    private Label _memoryLoad;
    private Label _memoryLoaded;

    /// <summary>By WebAssembly local: its value in 64 bits, as the last check of an access behind it compared it.</summary>
    private readonly Dictionary<int, LocalBuilder> _wideAddresses = [];

    /// <summary>Of the access that is being emitted.</summary>
    private LocalBuilder? _wideAddress;

    private void EmitMemory()
    {
        if (_memory is null || _memoryBase is null)
        {
            return;
        }

        _il.MarkLabel(_memoryLoad);
        _locals.EmitInstanceField(Members.InstanceMemory);
        _il.Emit(OpCodes.Stloc, _memory);
        _il.LoadField(_memory, Members.MemoryBase);
        _il.Emit(OpCodes.Stloc, _memoryBase);
        if (_memoryLength is not null)
        {
            _il.LoadField(_memory, Members.MemoryLength);
            _il.Emit(OpCodes.Stloc, _memoryLength);
        }

        EmitNaN(_locals.NaN32, Members.RunNaN32);
        EmitNaN(_locals.NaN64, Members.RunNaN64);
        foreach (var (reach, lastAddress) in _lastAddresses)
        {
            _il.Emit(OpCodes.Ldloc, _memoryLength!);
            _il.LoadInt64(reach);
            _il.Emit(OpCodes.Sub);
            _il.Emit(OpCodes.Stloc, lastAddress);
        }

        _il.Emit(OpCodes.Br, _memoryLoaded);
    }

    /// <summary>Only stores want them, so there is a memory.</summary>
    private void EmitNaN(LocalBuilder? local, FieldInfo field)
    {
        if (local is not null)
        {
            _il.LoadField(_context.Run, field);
            _il.Emit(OpCodes.Stloc, local);
        }
    }

    private void BeginMemory()
    {
        if (_plan.UsesMemory)
        {
            (_memoryLoad, _memoryLoaded) = (_il.DefineLabel(), _il.DefineLabel());
            _memory = _il.DeclareLocal(typeof(LinearMemory));
            _memoryBase = _il.DeclareLocal(typeof(nint));
            _memoryLength = _plan.MemoryMayGrow ? null : _il.DeclareLocal(typeof(long));

            // Emitted behind the code, when it is known which last addresses the checks compare with.
            _il.Emit(OpCodes.Br, _memoryLoad);
            _il.MarkLabel(_memoryLoaded);
        }
    }

    private void MemoryAccess(in Instruction instruction)
    {
        var signature = OpcodeTable.SignatureOf(instruction.Opcode)!;
        if (signature.Result is { } result)
        {
            var address = _stack.Take();
            _stack.SpillStack();
            EmitAddress(address, in instruction, signature.AccessBytes);
            EmitUnaligned(signature.AccessBytes);
            EmitLoad(instruction.Opcode);
            _stack.PushStack(result, depth: 1, max: OperandRanges.MaxOfLoad(instruction.Opcode));
        }
        else
        {
            var value = _stack.Take();
            var address = _stack.Take();
            _stack.SpillStack();
            EmitAddress(address, in instruction, signature.AccessBytes);
            value.EmitCanonical();
            EmitStore(instruction.Opcode, signature.AccessBytes);
        }
    }

    /// <summary>Checks that all of the access is inside and leaves the pointer on the evaluation stack.</summary>
    private void EmitAddress(OperandStack.Value address, in Instruction instruction, int size)
    {
        EmitBoundsCheck(address, in instruction, size);
        EmitPointer(address, instruction.Bits);
    }

    /// <summary>
    /// Checks that all of the access is inside, unless that is known. <see cref="EmitPointer"/> for the same address must come next.
    /// </summary>
    private void EmitBoundsCheck(OperandStack.Value address, in Instruction instruction, int size)
    {
        if (_facts.IsInside(address, instruction.Bits + size))
        {
            _wideAddress = _facts.WideOf(address);
            return;
        }

        var reach = _plan.CheckedReach(instruction.Offset) ?? (instruction.Bits + size);
        var own = address.Local is { } local ? WideAddress(local) : null;
        _wideAddress = own ?? _context.Scratch(typeof(ulong));
        EmitComparison(address, reach, _wideAddress);
        _facts.AddReach(address, reach, _blocks.Count, own);
    }

    private LocalBuilder? WideAddress(int local)
    {
        if (!_wideAddresses.TryGetValue(local, out var wide) && _wideAddresses.Count < WideAddressesMax)
        {
            _wideAddresses.Add(local, wide = _il.DeclareLocal(typeof(ulong)));
        }

        return wide;
    }

    /// <summary>
    /// <c>(long)(uint)address &gt; length - reach</c>, signed, since a short memory has no last address; or without that difference in a
    /// local <c>(ulong)(uint)address + reach &gt; length</c>.
    /// </summary>
    private void EmitComparison(OperandStack.Value address, long reach, LocalBuilder wide)
    {
        address.Emit();
        _il.Emit(OpCodes.Conv_U8);
        _il.Emit(OpCodes.Stloc, wide);
        _il.Emit(OpCodes.Ldloc, wide);
        if (LastAddress(reach) is { } lastAddress)
        {
            _il.Emit(OpCodes.Ldloc, lastAddress);
            _il.Emit(OpCodes.Bgt, _fuel.Trap(TrapKind.OutOfBoundsMemoryAccess));
            return;
        }

        // A byte's address is compared without a sum.
        if (reach > 1)
        {
            _il.LoadInt64(reach);
            _il.Emit(OpCodes.Add);
        }

        if (_memoryLength is not null)
        {
            _il.Emit(OpCodes.Ldloc, _memoryLength);
        }
        else
        {
            _il.LoadField(_memory!, Members.MemoryLength);
        }

        _il.Emit(reach > 1 ? OpCodes.Bgt_Un : OpCodes.Bge_Un, _fuel.Trap(TrapKind.OutOfBoundsMemoryAccess));
    }

    private LocalBuilder? LastAddress(long reach)
    {
        if (_memoryLength is null)
        {
            return null;
        }

        if (!_lastAddresses.TryGetValue(reach, out var lastAddress) && _lastAddresses.Count < LastAddressesMax)
        {
            _lastAddresses.Add(reach, lastAddress = _il.DeclareLocal(typeof(long)));
        }

        return lastAddress;
    }

    private void EmitPointer(OperandStack.Value address, long offset)
    {
        _il.Emit(OpCodes.Ldloc, _memoryBase!);
        if (_wideAddress is not null)
        {
            _il.Emit(OpCodes.Ldloc, _wideAddress);
        }
        else
        {
            address.Emit();
        }

        _il.Emit(OpCodes.Conv_U);
        _il.Emit(OpCodes.Add);
        if (offset != 0)
        {
            _il.LoadInt64(offset);
            _il.Emit(OpCodes.Conv_I);
            _il.Emit(OpCodes.Add);
        }
    }

    /// <summary>The prefix belongs directly before the access.</summary>
    private void EmitUnaligned(int size)
    {
        if (size > 1)
        {
            _il.Emit(OpCodes.Unaligned, (byte)1);
        }
    }

    private void EmitLoad(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.I32Load:
                _il.Emit(OpCodes.Ldind_I4);
                break;
            case Opcode.I64Load:
                _il.Emit(OpCodes.Ldind_I8);
                break;
            case Opcode.F32Load:
                _il.Emit(OpCodes.Ldind_R4);
                break;
            case Opcode.F64Load:
                _il.Emit(OpCodes.Ldind_R8);
                break;
            case Opcode.I32Load8S or Opcode.I64Load8S:
                _il.Emit(OpCodes.Ldind_I1);
                break;
            case Opcode.I32Load8U or Opcode.I64Load8U:
                _il.Emit(OpCodes.Ldind_U1);
                break;
            case Opcode.I32Load16S or Opcode.I64Load16S:
                _il.Emit(OpCodes.Ldind_I2);
                break;
            case Opcode.I32Load16U or Opcode.I64Load16U:
                _il.Emit(OpCodes.Ldind_U2);
                break;
            case Opcode.I64Load32S:
                _il.Emit(OpCodes.Ldind_I4);
                break;
            default:
                _il.Emit(OpCodes.Ldind_U4);
                break;
        }

        if (opcode is Opcode.I64Load8U or Opcode.I64Load16U or Opcode.I64Load32U)
        {
            _il.Emit(OpCodes.Conv_U8);
        }
        else if (opcode is Opcode.I64Load8S or Opcode.I64Load16S or Opcode.I64Load32S)
        {
            _il.Emit(OpCodes.Conv_I8);
        }
    }

    private void EmitStore(Opcode opcode, int size)
    {
        if (opcode is Opcode.I64Store8 or Opcode.I64Store16 or Opcode.I64Store32)
        {
            _il.Emit(OpCodes.Conv_I4);
        }

        EmitUnaligned(size);
        _il.Emit(
            opcode switch
            {
                Opcode.I64Store => OpCodes.Stind_I8,
                Opcode.F32Store => OpCodes.Stind_R4,
                Opcode.F64Store => OpCodes.Stind_R8,
                Opcode.I32Store8 or Opcode.I64Store8 => OpCodes.Stind_I1,
                Opcode.I32Store16 or Opcode.I64Store16 => OpCodes.Stind_I2,
                _ => OpCodes.Stind_I4,
            }
        );
    }
}
