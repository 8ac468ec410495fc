// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A file that a program was given or has written.
struct File {
    string name;
    bytes32 content;
}

/// @notice A variable of a program's environment.
struct Variable {
    string name;
    string value;
}

/// @notice What was run on what.
struct Invocation {
    bytes32 job;
    bytes32 program;
    bytes32 module;
    string entryPoint;
    string[] arguments;
    Variable[] environment;
    bytes32 input;
    File[] files;
    uint64 clock;
    uint64 fuelLimit;
    uint32 memoryPages;
    uint64 timeLimit;
}

/// @notice What came out.
struct Result {
    bytes32 profile;
    string outcome;
    int32 exitCode;
    uint64 fuel;
    bytes32 output;
    File[] outputFiles;
    bytes32 stateBefore;
    bytes32 stateAfter;
    bytes32 writes;
}

/// @notice What workers sign.
struct Execution {
    Invocation invocation;
    Result result;
}

/// @notice A worker that ran the job, and its price.
struct Seat {
    bytes32 worker;
    uint128 unitPrice;
}

/// @notice Who gets how much of the price.
struct Share {
    bytes32 account;
    uint128 amount;
}

/// @notice The record of one job that has ended, and its invoice, by RECEIPT.md.
struct Receipt {
    Execution execution;
    bytes32 payer;
    Seat[] seats;
    string assurance;
    string state;
    string fault;
    uint128 priceLimit;
    uint128 price;
    Share[] shares;
    uint64 epoch;
    uint64 endedAt;
}

/// @title Hashes of receipts by EIP-712
library Receipts {
    bytes private constant EXECUTION = "Execution(Invocation invocation,Result result)";
    bytes private constant FILE = "File(string name,bytes32 content)";
    bytes private constant INVOCATION =
        "Invocation(bytes32 job,bytes32 program,bytes32 module,string entryPoint,string[] arguments,Variable[] environment,"
        "bytes32 input,File[] files,uint64 clock,uint64 fuelLimit,uint32 memoryPages,uint64 timeLimit)";
    bytes private constant RECEIPT =
        "Receipt(Execution execution,bytes32 payer,Seat[] seats,string assurance,string state,string fault,uint128 priceLimit,"
        "uint128 price,Share[] shares,uint64 epoch,uint64 endedAt)";
    bytes private constant RESULT =
        "Result(bytes32 profile,string outcome,int32 exitCode,uint64 fuel,bytes32 output,File[] outputFiles,bytes32 stateBefore,"
        "bytes32 stateAfter,bytes32 writes)";
    bytes private constant REUSE = "Reuse(Receipt receipt,bytes32 earlier,uint16 percent)";
    bytes private constant SEAT = "Seat(bytes32 worker,uint128 unitPrice)";
    bytes private constant SHARE = "Share(bytes32 account,uint128 amount)";
    bytes private constant VARIABLE = "Variable(string name,string value)";

    bytes32 private constant COMMITTEE_RECEIPTS_TYPE_HASH = keccak256(
        "CommitteeReceipts(Committee committee,bytes32 root)Committee(uint64 epoch,Member[] members)"
        "Member(bytes32 worker,bytes blsKey,bytes possession,bytes registration,uint128 weight)"
    );

    function hash(Receipt calldata receipt) internal pure returns (bytes32) {
        bytes32 typeHash =
            keccak256(bytes.concat(RECEIPT, EXECUTION, FILE, INVOCATION, RESULT, SEAT, SHARE, VARIABLE));
        return keccak256(
            bytes.concat(
                abi.encode(typeHash, hash(receipt.execution), receipt.payer, _hash(receipt.seats), _hash(receipt.assurance)),
                abi.encode(_hash(receipt.state), _hash(receipt.fault), receipt.priceLimit, receipt.price),
                abi.encode(_hash(receipt.shares), receipt.epoch, receipt.endedAt)
            )
        );
    }

    /// @notice The hash of the receipt of a job that an earlier receipt has answered.
    function hashReuse(Receipt calldata receipt, bytes32 earlier, uint16 percent) internal pure returns (bytes32) {
        bytes32 typeHash =
            keccak256(bytes.concat(REUSE, EXECUTION, FILE, INVOCATION, RECEIPT, RESULT, SEAT, SHARE, VARIABLE));
        return keccak256(abi.encode(typeHash, hash(receipt), earlier, percent));
    }

    function hash(Execution calldata execution) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(bytes.concat(EXECUTION, FILE, INVOCATION, RESULT, VARIABLE));
        return keccak256(abi.encode(typeHash, _hash(execution.invocation), _hash(execution.result)));
    }

    /// @notice The hash of what the members of a committee sign.
    /// @param committee The hash of the list of members.
    /// @param root Of the batch.
    function hashVote(bytes32 committee, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encode(COMMITTEE_RECEIPTS_TYPE_HASH, committee, root));
    }

    function _hash(Invocation calldata invocation) private pure returns (bytes32) {
        bytes32 typeHash = keccak256(bytes.concat(INVOCATION, FILE, VARIABLE));
        return keccak256(
            bytes.concat(
                abi.encode(typeHash, invocation.job, invocation.program, invocation.module, _hash(invocation.entryPoint)),
                abi.encode(_hash(invocation.arguments), _hash(invocation.environment), invocation.input, _hash(invocation.files)),
                abi.encode(invocation.clock, invocation.fuelLimit, invocation.memoryPages, invocation.timeLimit)
            )
        );
    }

    function _hash(Result calldata result) private pure returns (bytes32) {
        bytes32 typeHash = keccak256(bytes.concat(RESULT, FILE));
        return keccak256(
            bytes.concat(
                abi.encode(typeHash, result.profile, _hash(result.outcome), result.exitCode, result.fuel),
                abi.encode(result.output, _hash(result.outputFiles), result.stateBefore, result.stateAfter, result.writes)
            )
        );
    }

    function _hash(string calldata text) private pure returns (bytes32) {
        return keccak256(bytes(text));
    }

    function _hash(string[] calldata texts) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](texts.length);
        for (uint256 i = 0; i < texts.length; i++) {
            hashes[i] = _hash(texts[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hash(Variable[] calldata variables) private pure returns (bytes32) {
        bytes32 typeHash = keccak256(VARIABLE);
        bytes32[] memory hashes = new bytes32[](variables.length);
        for (uint256 i = 0; i < variables.length; i++) {
            hashes[i] = keccak256(abi.encode(typeHash, _hash(variables[i].name), _hash(variables[i].value)));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hash(File[] calldata files) private pure returns (bytes32) {
        bytes32 typeHash = keccak256(FILE);
        bytes32[] memory hashes = new bytes32[](files.length);
        for (uint256 i = 0; i < files.length; i++) {
            hashes[i] = keccak256(abi.encode(typeHash, _hash(files[i].name), files[i].content));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hash(Seat[] calldata seats) private pure returns (bytes32) {
        bytes32 typeHash = keccak256(SEAT);
        bytes32[] memory hashes = new bytes32[](seats.length);
        for (uint256 i = 0; i < seats.length; i++) {
            hashes[i] = keccak256(abi.encode(typeHash, seats[i].worker, seats[i].unitPrice));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hash(Share[] calldata shares) private pure returns (bytes32) {
        bytes32 typeHash = keccak256(SHARE);
        bytes32[] memory hashes = new bytes32[](shares.length);
        for (uint256 i = 0; i < shares.length; i++) {
            hashes[i] = keccak256(abi.encode(typeHash, shares[i].account, shares[i].amount));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
